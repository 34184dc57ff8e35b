import { expect, test } from "vitest";
import { launch, Visitor } from "./browser.ts";
import { everybodyMeets, isInCall, join, leave, logIn, waits } from "./people.ts";
import { Server } from "./server.ts";

const rounds = 20;

/** Milliseconds from pressing Join until the call's controls are there, and until somebody else's first picture is drawn. */
interface Times {
  joined: number;
  frame: number;
}

test(`${rounds} joins into a call of two`, async () => {
  const server = await Server.start();
  server.register("hanna", "correct horse");
  const browser = await launch(true);
  const room = `${server.base}/stoppuhr`;
  const hanna = await Visitor.open(browser, "Hanna", room);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  const gil = await Visitor.open(browser, "Gil", room);
  await join(gil);
  await isInCall(gil);
  await everybodyMeets([hanna, gil], [hanna, gil], 10_000);

  const all: Times[] = [];
  for (let i = 0; i < rounds; i++) {
    const v = await Visitor.open(browser, "Third", room);
    await v.page.getByRole("textbox", { name: "Your name" }).fill(v.name);
    // The preview runs, as it does when a person reads the page before joining.
    await v.page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
    all.push(await v.page.evaluate(measure));
    await leave(v);
    await v.close();
  }
  await browser.close();
  await server.stop();
  for (const key of ["joined", "frame"] as const) {
    const sorted = all.map((t) => t[key]).sort((a, b) => a - b);
    console.log(
      `${key}: p50 ${Math.round(sorted[rounds / 2] ?? 0)} ms, min ${Math.round(sorted[0] ?? 0)}, max ${Math.round(sorted.at(-1) ?? 0)}`,
    );
  }
  expect(all).toHaveLength(rounds);
});

/** Runs in the page: presses Join and watches. */
function measure(): Promise<Times> {
  return new Promise((done) => {
    const button = [...document.querySelectorAll("button")].find((b) => b.textContent?.trim() === "Join");
    const start = performance.now();
    let joined = 0;
    const look = (): void => {
      const now = performance.now() - start;
      if (joined === 0 && document.querySelector('[aria-label="Controls"]') !== null) joined = now;
      for (const video of document.querySelectorAll<HTMLVideoElement>("article video")) {
        const own = video.closest("article")?.getAttribute("aria-label") === "Third";
        if (!own && video.videoWidth > 0 && video.currentTime > 0) {
          done({ joined, frame: now });
          return;
        }
      }
      requestAnimationFrame(look);
    };
    button?.click();
    look();
  });
}

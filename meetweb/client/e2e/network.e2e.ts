import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, Visitor } from "./browser.ts";
import { Cable } from "./cable.ts";
import { everybodyMeets, isInCall, join, logIn, nothingWrong, reads, waits, write } from "./people.ts";
import { eventually, Server } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  server.register("hanna", "correct horse");
  browser = await launch(true);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("a cut line to the server, then the server's end", async () => {
  const cable = await Cable.to(Number(new URL(server.base).port));
  const hanna = await Visitor.open(browser, "Hanna", `${server.base}/kabel`);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  await isInCall(hanna);
  const gil = await Visitor.open(browser, "Gil", `https://localhost:${cable.port}/kabel`);
  await join(gil);
  await isInCall(gil);
  await everybodyMeets([gil, hanna], [gil, hanna], 10_000);

  cable.pull();
  await gil.page.getByRole("main").getByText("Connection to the server lost, reconnecting").waitFor();
  const pulled = Date.now();
  // Media goes its own way: for ten seconds and more, pictures arrive on both sides, second by second.
  for (let second = 1; second <= 10; second++) {
    const before = await frames([gil, hanna]);
    await eventually(`second ${second} after the cut`, async () => Date.now() - pulled >= second * 1000);
    const after = await frames([gil, hanna]);
    expect(after[0], `Gil's pictures in second ${second}`).toBeGreaterThan(before[0] ?? 0);
    expect(after[1], `Hanna's pictures in second ${second}`).toBeGreaterThan(before[1] ?? 0);
  }
  await write(hanna, "Written while the line was cut.");
  cable.plugIn();
  await gil.page.getByRole("main").getByText("Connection to the server lost, reconnecting").waitFor({ state: "hidden", timeout: 45_000 });
  await reads(gil, "Written while the line was cut.");
  await write(gil, "Here I am again.");
  await reads(hanna, "Here I am again.");
  expect(await hanna.page.getByText("Gil left.").count()).toBe(0);
  expect(await hanna.page.getByRole("article", { name: "Gil" }).count()).toBe(1);
  await everybodyMeets([gil, hanna], [gil, hanna], 5000);
  expect(await server.metric("stammtisch_xmpp_resumed_total")).toBe(1);
  // What the browser says of sockets that break is no fault of the page.
  gil.problems.splice(0, gil.problems.length, ...gil.problems.filter((p) => !/WebSocket connection|ERR_/.test(p)));
  nothingWrong([gil, hanna]);

  // Everybody is told, and comes back when the server does; as its logins are gone with it, the host starts the room anew.
  const stopping = Date.now();
  expect(await server.stop({ keep: true })).toBe(0);
  expect(Date.now() - stopping).toBeLessThan(5000);
  for (const v of [gil, hanna])
    await v.page.getByRole("main").getByText("You come back to the table by yourself").waitFor({ timeout: 5000 });
  await server.restart();
  for (const v of [gil, hanna]) await waits(v);
  await logIn(hanna, "hanna", "correct horse");
  await everybodyMeets([gil, hanna], [gil, hanna], 60_000);
  await cable.close();
});

test.each([
  ["connection", failConnection],
  ["channel", closeChannel],
])("a broken %s to the bridge", async (what, fail) => {
  const room = `${server.base}/bruecke-${what}`;
  const hanna = await Visitor.open(browser, "Hanna", room);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  await isInCall(hanna);
  const gil = await Visitor.open(browser, "Gil", room);
  await gil.page.evaluate(keepChannel);
  await join(gil);
  await everybodyMeets([gil, hanna], [gil, hanna], 10_000);

  // Said while it lasts, with initials instead of a black picture; watched from inside, since it may be over soon.
  const words = "are being set up again";
  const said = gil.page.evaluate((text) => {
    return new Promise<void>((done) => {
      const look = (): void => {
        const said = document.querySelector("main")?.textContent?.includes(text) === true;
        if (said && document.querySelector('article[aria-label="Hanna"] video') === null) done();
        else requestAnimationFrame(look);
      };
      look();
    });
  }, words);
  await gil.page.evaluate(fail);
  await said;
  await everybodyMeets([gil, hanna], [gil, hanna], 15_000);
  expect(await gil.page.getByText(words).and(gil.page.locator(":not([aria-live] *)")).count()).toBe(0);
  nothingWrong([gil, hanna]);
});

type Page = typeof globalThis & { connections: RTCPeerConnection[]; channel: RTCDataChannel };

/** In the page, whose own functions are not these. */
function failConnection(): void {
  const pc = (globalThis as Page).connections.at(-1);
  if (pc === undefined) throw new Error("no connection");
  Object.defineProperty(pc, "connectionState", { value: "failed", configurable: true });
  pc.dispatchEvent(new Event("connectionstatechange"));
}

function keepChannel(): void {
  const page = globalThis as Page;
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...parameters) {
    page.channel = createDataChannel.apply(this, parameters);
    return page.channel;
  };
}

function closeChannel(): void {
  (globalThis as Page).channel.close();
}

/** How many pictures each has decoded until now. */
function frames(all: readonly Visitor[]): Promise<number[]> {
  return Promise.all(all.map(async (v) => Object.values((await v.received()).frames).reduce((sum, n) => sum + n, 0)));
}

import type { Browser } from "playwright-core";
import type { Browser as Firefox } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, Visitor } from "./browser.ts";
import { FirefoxVisitor, launchFirefox } from "./firefox.ts";
import { everybodyMeets, isInCall, join, leave, logIn, nothingWrong, reads, waits, write } from "./people.ts";
import { eventually, Server } from "./server.ts";

let server: Server;
let chromium: Browser;
let firefox: Firefox;

beforeAll(async () => {
  server = await Server.start({ everywhere: true });
  server.register("hanna", "correct horse");
  [chromium, firefox] = await Promise.all([launch(true), launchFirefox()]);
});

afterAll(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  await server?.stop();
});

/** Waits until Fay sees and hears somebody. */
async function meets(fay: FirefoxVisitor, name: string): Promise<void> {
  let missing = "";
  const arrived = async (): Promise<boolean> => {
    missing = await fay.missing(name);
    return missing === "";
  };
  await eventually(`Fay to see and hear ${name}`, arrived, 10_000).catch((e: Error) => {
    throw new Error(`${e.message}; missing: ${missing}`);
  });
}

test("one participant comes with Firefox", async () => {
  const room = `${server.base}/fuchsbau`;
  const hanna = await Visitor.open(chromium, "Hanna", room);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  await isInCall(hanna);
  const fay = await FirefoxVisitor.open(firefox, "Fay", room);
  await fay.join();
  await eventually("Fay's tile at Hanna's", async () => (await hanna.page.getByRole("article", { name: "Fay" }).count()) === 1);
  await meets(fay, "Hanna");
  await everybodyMeets([hanna], [hanna, { name: "Fay" } as Visitor], 10_000);
  await write(hanna, "A warm welcome to Fay.");
  await fay.page.locator('::-p-aria([name="Chat, 1 unread message"][role="button"])').click();
  await eventually("Fay to read the chat", () =>
    fay.page.evaluate(() => document.body.textContent?.includes("A warm welcome to Fay.") ?? false),
  );
  await fay.page.locator('::-p-aria([name="Message to everybody"][role="textbox"])').fill("Thank you.");
  await fay.page.locator('::-p-aria([name="Send"][role="button"])').click();
  await reads(hanna, "Thank you.");
  await fay.page.locator('::-p-aria([name="Leave"][role="button"])').click();
  await eventually("Fay's tile to go", async () => (await hanna.page.getByRole("article", { name: "Fay" }).count()) === 0);
  await leave(hanna);
  nothingWrong([hanna]);
  expect(fay.problems).toEqual([]);
});

test("Firefox sees and hears somebody whose first packets come before it knows of them", async () => {
  const room = `${server.base}/dachsbau`;
  const hanna = await Visitor.open(chromium, "Hanna", room);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  await isInCall(hanna);
  const fay = await FirefoxVisitor.open(firefox, "Fay", room, 1000);
  await fay.join();
  await meets(fay, "Hanna");
  nothingWrong([hanna]);
  expect(fay.problems).toEqual([]);
});

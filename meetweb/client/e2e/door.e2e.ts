import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, Visitor } from "./browser.ts";
import { join, nothingWrong, waits } from "./people.ts";
import { eventually, Server } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch(true);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("the connection is open before joining, and nobody is in the room", async () => {
  const sessions = (n: number): Promise<boolean> =>
    eventually(`${n} sessions`, async () => (await server.metric("stammtisch_xmpp_sessions")) === n);
  const gil = await Visitor.open(browser, "Gil", "about:blank");
  const sockets: string[] = [];
  gil.page.on("websocket", (socket) => sockets.push(socket.url()));
  await gil.page.clock.install();
  await gil.page.goto(`${server.base}/haustuer`);
  const name = gil.page.getByRole("textbox", { name: "Your name" });
  await name.waitFor();
  await gil.page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
  expect(sockets, "before anything was done").toEqual([]);

  await name.press("G");
  await sessions(1);
  expect(await server.metric('stammtisch_rooms{service="conference.localhost"}')).toBe(0);

  await gil.page.clock.fastForward(61_000);
  await sessions(0);
  await name.press("i");
  await sessions(1);
  await join(gil);
  await waits(gil);
  expect(sockets, "one while writing the name, one for the visit").toHaveLength(2);

  await gil.page.getByRole("button", { name: "Do not wait" }).click();
  await sessions(0);
  await gil.page.goto(`${server.base}/haustuer`);
  await name.press("l");
  await sessions(1);
  await gil.page.goto("about:blank");
  await sessions(0);
  nothingWrong([gil]);
  await gil.close();
});

test("a server that has gone meanwhile is found out soon, and there again when it is back", async () => {
  const own = await Server.start();
  const gil = await Visitor.open(browser, "Gil", `${own.base}/haustuer`);
  await gil.page.getByRole("textbox", { name: "Your name" }).press("G");
  await eventually("a session", async () => (await own.metric("stammtisch_xmpp_sessions")) === 1);
  await own.stop({ keep: true });
  let requests = 0;
  gil.page.on("request", (request) => {
    if (request.url().includes("/http-bind")) requests++;
  });
  await join(gil);
  await gil.page.getByRole("heading", { name: "The connection was lost" }).waitFor();
  expect(requests, "without waiting for BOSH to be sent a third time, after eight seconds").toBe(2);
  await own.restart();
  await gil.page.getByRole("button", { name: "Try again" }).click();
  await waits(gil);
  await own.stop();
  await gil.close();
});

test("where the network lets no WebSocket through, BOSH does", async () => {
  const bosh = (): Promise<number> => server.metric('stammtisch_xmpp_streams_opened_total{transport="bosh"}');
  const before = await bosh();
  const lis = await Visitor.open(browser, "Lis", "about:blank");
  await lis.page.addInitScript(() => {
    const Native = WebSocket;
    window.WebSocket = class extends Native {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(String(url).replace("/xmpp-websocket", "/not-let-through"), protocols);
      }
    };
  });
  await lis.page.goto(`${server.base}/haustuer`);
  await join(lis);
  await waits(lis);
  expect(await bosh()).toBeGreaterThan(before);
  await lis.close();
});

test.each([
  ["insecure", "This page needs the secure address", () => Object.defineProperty(window, "isSecureContext", { value: false })],
  ["without WebRTC", "This browser cannot hold video conferences", () => Reflect.deleteProperty(window, "RTCPeerConnection")],
  ["without the server's word", "The server does not answer", () => Object.defineProperty(window, "config", { value: undefined })],
])("a page %s says so", async (_, heading, obstacle) => {
  const page = await browser.newPage({ ignoreHTTPSErrors: true, locale: "en-GB" });
  await page.addInitScript(obstacle);
  await page.goto(`${server.base}/haustuer`);
  await page.getByRole("heading", { name: heading }).waitFor();
  await page.close();
});

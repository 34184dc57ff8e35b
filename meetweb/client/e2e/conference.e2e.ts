import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, Visitor } from "./browser.ts";
import { everybodyMeets, isInCall, join, leave, logIn, nothingWrong, reads, waits, write } from "./people.ts";
import { eventually, Server } from "./server.ts";

let server: Server;
let devices: Browser;
let bare: Browser;

beforeAll(async () => {
  server = await Server.start();
  server.register("hanna", "correct horse");
  [devices, bare] = await Promise.all([launch(true), launch(false)]);
});

afterAll(async () => {
  await Promise.all([devices?.close(), bare?.close()]);
  expect(await server?.stop()).toBe(0);
});

test("people hold a conference", async () => {
  const goroutines = await server.metric("go_goroutines");
  const room = `${server.base}/stammtisch`;

  const gil = await Visitor.open(devices, "Gil", room);
  await join(gil);
  await waits(gil);

  const hanna = await Visitor.open(devices, "Hanna", room);
  await join(hanna);
  await waits(hanna);
  await logIn(hanna, "hanna", "correct horse");
  await isInCall(hanna);
  await isInCall(gil);
  await everybodyMeets([gil, hanna], [gil, hanna], 5000);

  const bo = await Visitor.open(devices, "Bo", `${room}?transport=bosh`);
  await join(bo);
  await isInCall(bo);
  await everybodyMeets([gil, hanna, bo], [gil, hanna, bo], 5000);
  expect(await server.metric('stammtisch_xmpp_streams_opened_total{transport="bosh"}')).toBeGreaterThan(0);

  const lis = await Visitor.open(bare, "Lis", room);
  await join(lis);
  await isInCall(lis);
  const all = [gil, hanna, bo, lis];
  await everybodyMeets(all, [gil, hanna, bo], 5000);

  await write(hanna, "Welcome, everybody.");
  for (const v of all) await reads(v, "Welcome, everybody.");
  await write(lis, "I can only listen.");
  for (const v of all) await reads(v, "I can only listen.");
  await write(gil, "Just between us.", hanna);
  await reads(hanna, "Just between us.");
  for (const v of [bo, lis]) expect(await v.page.getByText("Just between us.").count()).toBe(0);

  await gil.page.getByRole("button", { name: "Microphone", exact: true }).click();
  for (const v of [hanna, bo, lis]) {
    await v.page.getByRole("article", { name: "Gil" }).getByRole("img", { name: "Microphone off" }).waitFor();
  }

  await hanna.page.getByRole("button", { name: "Options for Bo" }).first().click();
  await hanna.page.getByRole("menuitem", { name: "Remove from room" }).click();
  await hanna.page.getByRole("alertdialog").getByRole("button", { name: "Remove from room" }).click();
  await bo.page.getByRole("heading", { name: "You were removed from the room" }).waitFor();
  await eventually("Bo's tile to go", async () => (await gil.page.getByRole("article", { name: "Bo" }).count()) === 0);

  for (const v of [lis, gil, hanna]) await leave(v);
  nothingWrong(all);
  for (const v of all) await v.close();
  for (const name of [
    'stammtisch_rooms{service="conference.localhost"}',
    "stammtisch_xmpp_sessions",
    "stammtisch_bridge_conferences",
    "stammtisch_focus_conferences",
  ]) {
    await eventually(`${name} to be 0`, async () => (await server.metric(name)) === 0);
  }
  await eventually(`goroutines to be back to ${goroutines}`, async () => (await server.metric("go_goroutines")) <= goroutines);
});

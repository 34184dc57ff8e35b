/** What people do on our pages, by what they see: roles, names and texts of the English client. */
import { expect } from "vitest";
import type { Visitor } from "./browser.ts";
import { eventually } from "./server.ts";

/** From the pre-join page to wherever joining leads. */
export async function join(v: Visitor): Promise<void> {
  await v.page.getByRole("textbox", { name: "Your name" }).fill(v.name);
  await v.page.getByRole("button", { name: "Join", exact: true }).click();
}

export async function waits(v: Visitor): Promise<void> {
  await v.page.getByRole("heading", { name: "The host is not here yet" }).waitFor();
}

/** The host's way in, from the waiting page. */
export async function logIn(v: Visitor, user: string, password: string): Promise<void> {
  await v.page.getByRole("button", { name: "I am the host: log in" }).click();
  const dialog = v.page.getByRole("dialog", { name: "Log in as host" });
  await dialog.getByRole("textbox", { name: "User name" }).fill(user);
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "Log in", exact: true }).click();
}

export async function isInCall(v: Visitor, ms = 15_000): Promise<void> {
  await v.page
    .getByRole("toolbar", { name: "Controls" })
    .or(v.page.getByRole("navigation", { name: "Controls" }))
    .first()
    .waitFor({ timeout: ms });
}

/** Everybody in `all` sees moving pictures of and hears everybody in `senders` but themselves. */
export async function everybodyMeets(all: readonly Visitor[], senders: readonly Visitor[], ms: number): Promise<void> {
  await Promise.all(
    all.map(async (v) => {
      const others = senders.filter((s) => s !== v);
      let missing: string[] = [];
      const arrived = async (): Promise<boolean> => {
        missing = await missingOf(v, others);
        return missing.length === 0;
      };
      await eventually(`${v.name} to see and hear everybody`, arrived, ms).catch((e: Error) => {
        throw new Error(`${e.message}; missing: ${missing.join(", ")}`);
      });
    }),
  );
}

/** Whose picture or sound has not arrived at v. */
async function missingOf(v: Visitor, others: readonly Visitor[]): Promise<string[]> {
  const received = await v.received();
  const missing: string[] = [];
  for (const other of others) {
    const track = await v.page.evaluate((name) => {
      const video = document.querySelector<HTMLVideoElement>(`article[aria-label="${name}"] video`);
      return video !== null && video.videoWidth > 0 ? ((video.srcObject as MediaStream).getVideoTracks()[0]?.id ?? "") : "";
    }, other.name);
    if ((received.frames[track] ?? 0) < 2) missing.push(`picture of ${other.name}`);
  }
  const heard = Object.values(received.energy).filter((e) => e > 0).length;
  if (heard < others.length) missing.push(`sound of ${others.length - heard}`);
  return missing;
}

export async function openChat(v: Visitor): Promise<void> {
  if (!(await v.page.getByRole("heading", { name: "Chat", exact: true }).isVisible())) {
    await v.page.getByRole("button", { name: /^Chat/ }).first().click();
  }
}

export async function write(v: Visitor, text: string, to?: Visitor): Promise<void> {
  await openChat(v);
  await v.page.getByRole("combobox", { name: "To" }).selectOption({ label: to === undefined ? "everybody" : `only ${to.name}` });
  await v.page.getByRole("textbox", { name: to === undefined ? "Message to everybody" : `Message only to ${to.name}` }).fill(text);
  await v.page.getByRole("button", { name: "Send", exact: true }).click();
}

export async function reads(v: Visitor, text: string): Promise<void> {
  await openChat(v);
  await v.page.getByText(text, { exact: true }).first().waitFor();
}

export async function leave(v: Visitor): Promise<void> {
  await v.page.getByRole("button", { name: "Leave", exact: true }).click();
  const menu = v.page.getByRole("menuitem", { name: "Leave", exact: true });
  const left = v.page.getByRole("heading", { name: "You have left" });
  await menu.or(left).first().waitFor();
  if (await menu.isVisible()) await menu.click();
  await left.waitFor();
}

/** Nothing went wrong in anybody's page. */
export function nothingWrong(all: readonly Visitor[]): void {
  expect(all.flatMap((v) => v.problems.map((p) => `${v.name}: ${p}`))).toEqual([]);
}

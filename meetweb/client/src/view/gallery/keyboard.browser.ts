/** Without a mouse: order, shortcuts, dialogs, menus, and where the focus goes. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GalleryServer, startGallery } from "./browser";

let gallery: GalleryServer;
beforeAll(async () => {
  gallery = await startGallery();
});
afterAll(() => gallery?.stop());

const focusName = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const e = document.activeElement as HTMLInputElement | null;
    return e?.getAttribute("aria-label") ?? e?.labels?.[0]?.textContent ?? e?.textContent ?? "";
  });

const actions = (page: Page): Promise<unknown[][]> =>
  page.evaluate(() => window.gallery.calls.filter(([name]) => name !== "setVisible").map((call) => [...call]));

async function withScene(scene: string, use: (page: Page) => Promise<void>): Promise<void> {
  const { page, troubles, close } = await gallery.open(scene);
  await use(page);
  expect(troubles).toEqual([]);
  await close();
}

async function tabWalk(page: Page, steps: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press("Tab");
    names.push(await focusName(page));
  }
  return names;
}

describe("Tab", () => {
  test("walks through the call in reading order", () =>
    withScene("two", async (page) => {
      expect(await tabWalk(page, 11)).toEqual([
        "Encrypted to this server",
        "Options for Anna Keller",
        "Microphone",
        "Camera",
        "Share screen",
        "Chat",
        "Raise hand",
        "Participants",
        "One large",
        "More",
        "Leave",
      ]);
    }));

  test("walks through the first page", () =>
    withScene("welcome", async (page) => {
      const names = await tabWalk(page, 8);
      expect(names).toEqual([
        "Deutsch",
        "English",
        "Settings",
        "Name of the room",
        "Suggest another name",
        "Start or join",
        expect.stringContaining("stammtisch"),
        "Forget stammtisch",
      ]);
    }));
});

describe("shortcuts", () => {
  const cases: [string, unknown[]][] = [
    ["m", ["setMicrophone", false]],
    ["v", ["setCamera", false]],
    ["d", ["setScreen", true]],
    ["c", ["openChat", true]],
    ["p", ["openParticipants", true]],
    ["r", ["raiseHand", true]],
    ["t", ["setLayout", "speaker"]],
    ["w", ["setLayout", "speaker"]],
  ];
  test.each(cases)("%s", (key, expected) =>
    withScene("tiles", async (page) => {
      await page.keyboard.press(key);
      expect(await actions(page)).toEqual([expected]);
    }),
  );

  test("a digit makes a person large, again lets go", () =>
    withScene("speaker", async (page) => {
      await page.keyboard.press("2");
      await page.keyboard.press("2");
      const [first, second] = await actions(page);
      expect(first?.[0]).toBe("pin");
      expect(second).toEqual(["pin", null]);
    }));

  test("Space speaks while it is held, and mutes afterwards", () =>
    withScene("tiles", async (page) => {
      await page.keyboard.down(" ");
      await page.keyboard.up(" ");
      expect(await actions(page)).toEqual([
        ["setMicrophone", true],
        ["setMicrophone", false],
      ]);
    }));

  test("Space mutes when the window loses the focus, as it does not hear of letting go then", () =>
    withScene("tiles", async (page) => {
      await page.keyboard.down(" ");
      await page.evaluate(() => window.dispatchEvent(new Event("blur")));
      expect(await actions(page)).toEqual([
        ["setMicrophone", true],
        ["setMicrophone", false],
      ]);
      await page.evaluate(() => window.dispatchEvent(new Event("blur")));
      expect(await actions(page)).toHaveLength(2);
    }));

  test("stay out of what is typed", () =>
    withScene("chat", async (page) => {
      await page.getByRole("textbox", { name: "Message to everybody" }).click();
      await page.keyboard.type("mvc prd 2?");
      expect(await page.getByRole("textbox", { name: "Message to everybody" }).inputValue()).toBe("mvc prd 2?");
      expect(await actions(page)).toEqual([]);
    }));

  test("the letter that opens the chat does not land in it", () =>
    withScene("tiles", async (page) => {
      await page.keyboard.press("c");
      const box = page.getByRole("textbox", { name: "Message to everybody" });
      await box.waitFor();
      expect(await box.inputValue()).toBe("");
      expect(await focusName(page)).toBe("Message to everybody");
    }));

  test("with Ctrl belong to the browser", () =>
    withScene("tiles", async (page) => {
      await page.keyboard.press("Control+c");
      expect(await actions(page)).toEqual([]);
    }));

  test("rest while a dialog is open", () =>
    withScene("shortcuts", async (page) => {
      await page.keyboard.press("m");
      expect(await actions(page)).toEqual([]);
    }));

  test("can be switched off", () =>
    withScene("shortcuts", async (page) => {
      await page.getByRole("switch", { name: "Use single keys as shortcuts" }).click();
      await page.keyboard.press("Escape");
      await page.keyboard.press("m");
      expect(await actions(page)).toEqual([]);
    }));
});

describe("focus", () => {
  test("goes into a dialog and back to the button that opened it", () =>
    withScene("welcome", async (page) => {
      await page.getByRole("button", { name: "Settings" }).focus();
      await page.keyboard.press("Enter");
      expect(await focusName(page)).toBe("Devices");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(await focusName(page)).toBe("Settings");
    }));

  test("comes back to More after a dialog opened from its menu", () =>
    withScene("tiles", async (page) => {
      await page.getByRole("button", { name: "More" }).focus();
      await page.keyboard.press("Enter");
      expect(await focusName(page)).toBe("Invite");
      await page.keyboard.press("ArrowRight");
      expect(await focusName(page)).toBe("Security");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Security" }).waitFor();
      await page.keyboard.press("Escape");
      expect(await focusName(page)).toBe("More");
    }));

  test("Escape closes the chat and returns to its button", () =>
    withScene("chat", async (page) => {
      await page.getByRole("textbox", { name: "Message to everybody" }).focus();
      await page.keyboard.press("Escape");
      expect(await actions(page)).toEqual([["openChat", false]]);
      await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Chat");
    }));

  test("moves to the next room when one is forgotten", () =>
    withScene("welcome", async (page) => {
      await page.getByRole("button", { name: "Forget stammtisch" }).press("Enter");
      await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Forget team-monday");
    }));

  test.each([
    ["left-kicked", "You were removed from the room"],
    ["joining", "Joining team-monday"],
  ])("%s, a page that came by itself, is read from its heading", (scene, heading) =>
    withScene(scene, async (page) => {
      expect(await focusName(page)).toBe(heading);
    }),
  );
});

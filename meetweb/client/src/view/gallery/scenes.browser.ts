/** Each scene, wide and light, narrow and dark: accessible by axe's rules, nothing cut off, nothing refused by the content policy. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GalleryServer, startGallery, type View } from "./browser";
import { sceneNames } from "./names";

let gallery: GalleryServer;
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  gallery = await startGallery();
});
afterAll(() => gallery?.stop());

const rules: RunOptions = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
  rules: { "target-size": { enabled: true }, region: { enabled: false } },
};

/** What axe objects to, one line each. */
async function objections(page: Page, scene: string): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(
    (options) => (window as unknown as { axe: { run(o: RunOptions): Promise<AxeResults> } }).axe.run(options),
    // Toasts lie over tiles for some seconds; the same commands are in the list of participants.
    scene === "notices" ? { ...rules, rules: { ...rules.rules, "target-size": { enabled: false } } } : rules,
  );
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")} ${n.any[0]?.message ?? v.help}`));
}

/** Controls that are smaller than a finger. Links inside of sentences are excused, as WCAG 2.5.8 does. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const top = document.querySelector("dialog[open]") ?? document;
    return [...top.querySelectorAll<HTMLElement>("button, select, input:not([type=checkbox], [type=radio]), a[href]")]
      .filter((e) => e.checkVisibility() && e.closest(".message-text") === null)
      .map((e) => ({ e, box: e.getBoundingClientRect(), reach: getComputedStyle(e, "::after") }))
      .filter(({ box, reach }) => {
        const grown = reach.content === '""' && reach.position === "absolute" ? -2 * Number.parseFloat(reach.top) : 0;
        return box.width + Math.max(0, grown) < 40 || box.height + Math.max(0, grown) < 44;
      })
      .map(({ e, box }) => `${e.className} ${e.getAttribute("aria-label") ?? e.textContent}: ${box.width}×${box.height}`);
  });
}

/** Text that runs out of its box sideways without an ellipsis. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems = document.documentElement.scrollWidth > innerWidth ? [`page is ${document.documentElement.scrollWidth} wide`] : [];
    for (const e of document.querySelectorAll<HTMLElement>("button, h1, h2, h3, p, label")) {
      const style = getComputedStyle(e);
      if (
        !e.checkVisibility() ||
        style.textOverflow === "ellipsis" ||
        e.closest(".hidden, .tabs") !== null ||
        style.position === "absolute"
      )
        continue;
      const box = e.getBoundingClientRect();
      if (box.width > 2 && (box.left < -1 || box.right > innerWidth + 1)) problems.push(`outside: ${e.className} ${e.textContent}`);
    }
    return problems;
  });
}

const views: [string, Partial<View>][] = [
  ["wide and light", {}],
  ["narrow and dark", { width: 360, height: 740, scheme: "dark", language: "de", touch: true }],
];

describe.each(views)("%s", (_, view) => {
  test.each(sceneNames)("%s", async (scene) => {
    const { page, troubles, close } = await gallery.open(scene, view);
    expect.soft(await objections(page, scene), "axe").toEqual([]);
    expect.soft(await smallTargets(page), "targets").toEqual([]);
    expect.soft(await cutOff(page), "layout").toEqual([]);
    expect.soft(troubles, "console").toEqual([]);
    await close();
  });
});

describe.each(views)("menus, %s", (_, view) => {
  test.each([
    ["tiles", { en: "More", de: "Mehr" }],
    ["tiles", { en: "Options for Anna Keller", de: "Möglichkeiten für Anna Keller" }],
    ["security-locked", { en: "Leave", de: "Verlassen" }],
  ] as const)("%s: %j", async (scene, names) => {
    const { page, close } = await gallery.open(scene, view);
    if (scene === "security-locked") await page.keyboard.press("Escape");
    await page.getByRole("button", { name: names[view.language ?? "en"] }).click();
    await page.getByRole("menu").waitFor();
    expect.soft(await objections(page, "notices"), "axe").toEqual([]);
    expect.soft(await cutOff(page), "layout").toEqual([]);
    await close();
  });
});

describe("twice the text size", () => {
  test.each(["welcome", "prejoin", "waiting", "password-wrong", "chat", "people", "settings"])("%s", async (scene) => {
    const { page, troubles, close } = await gallery.open(scene, { fontSize: 32, language: "de" });
    expect.soft(await cutOff(page), "layout").toEqual([]);
    expect.soft(troubles, "console").toEqual([]);
    await close();
  });
});

describe("a telephone held sideways shows what it is about and the next thing to do", () => {
  test.each([
    ["prejoin", "team-monday", "Join"],
    ["joining", "Joining team-monday", "Cancel"],
    ["alone", "You are the only one here", "Copy link"],
  ])("%s", async (scene, heading, button) => {
    const { page, close } = await gallery.open(scene, { width: 740, height: 360, touch: true });
    for (const part of [page.getByRole("heading", { name: heading }), page.getByRole("button", { name: button })]) {
      const box = await part.last().boundingBox();
      expect(box?.y).toBeGreaterThan(40);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(360);
    }
    await close();
  });
});

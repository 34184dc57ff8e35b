/** What a person does on a page, and what the model is asked for. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GalleryServer, startGallery, type View } from "./browser";

let gallery: GalleryServer;
beforeAll(async () => {
  gallery = await startGallery();
});
afterAll(() => gallery?.stop());

const actions = (page: Page): Promise<unknown[][]> =>
  page.evaluate(() => window.gallery.calls.filter(([name]) => name !== "setVisible").map((call) => [...call]));

const visible = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => window.gallery.calls.filter(([name]) => name === "setVisible").at(-1)?.[1] as Record<string, number>);

async function withScene(scene: string, use: (page: Page) => Promise<void>, view: Partial<View> = {}): Promise<void> {
  const { page, troubles, close } = await gallery.open(scene, view);
  await use(page);
  expect(troubles).toEqual([]);
  await close();
}

describe("the first page", () => {
  test("opens the room that was typed", () =>
    withScene("welcome", async (page) => {
      await page.getByLabel("Name of the room").fill("  team monday ");
      await page.keyboard.press("Enter");
      expect(await actions(page)).toEqual([["openRoom", "team monday"]]);
    }));

  test("names the characters a room cannot have", () =>
    withScene("welcome", async (page) => {
      await page.getByLabel("Name of the room").fill("what?#");
      await page.getByRole("button", { name: "Start or join" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("? #");
      expect(await actions(page)).toEqual([]);
    }));

  test("changes language at once and remembers it", () =>
    withScene("welcome", async (page) => {
      await page.getByRole("button", { name: "Deutsch" }).click();
      await page.getByRole("heading", { name: "Setzen Sie sich dazu." }).waitFor();
      expect(await page.evaluate(() => [document.documentElement.lang, localStorage.getItem("stammtisch.language")])).toEqual(["de", "de"]);
    }));
});

describe("at the door", () => {
  test("the name goes to the model before joining", () =>
    withScene("prejoin-off", async (page) => {
      await page.getByLabel("Your name").fill("Eva");
      await page.keyboard.press("Enter");
      const names = (await actions(page)).map(([name]) => name);
      expect(names.at(-1)).toBe("join");
      expect(await page.evaluate(() => window.gallery.state.local.displayName)).toBe("Eva");
    }));

  test("a refused login empties the password, keeps the user and says why", () =>
    withScene("login", async (page) => {
      await page.getByLabel("User name").fill("miriam");
      await page.getByLabel("Password", { exact: true }).fill("wrong");
      await page.keyboard.press("Enter");
      expect(await actions(page)).toEqual([["login", "miriam", "wrong"]]);
      await page.evaluate(() => window.gallery.change({ login: { kind: "busy" } }));
      await page.getByRole("button", { name: "Logging in" }).waitFor();
      await page.evaluate(() => window.gallery.change({ login: { kind: "open", error: "wrongCredentials" } }));
      await page.getByText("User name or password is wrong.").waitFor();
      expect(await page.getByLabel("User name").inputValue()).toBe("miriam");
      expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
      expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("password");
    }));

  test.each([
    ["notAllowed", "This account may not open rooms."],
    ["unreachable", "The server cannot be reached"],
    ["tooManyAttempts", "Too many attempts"],
  ] as const)("a login refused as %s says so", (error, text) =>
    withScene("login", async (page) => {
      await page.evaluate((e) => window.gallery.change({ login: { kind: "open", error: e } }), error);
      expect(await page.getByRole("alert").textContent()).toContain(text);
    }),
  );

  test("each wrong room password empties the field again", () =>
    withScene("password", async (page) => {
      for (const attempt of ["one", "two"]) {
        await page.getByLabel("Password of the room").fill(attempt);
        await page.keyboard.press("Enter");
        await page.evaluate(() => window.gallery.change({ screen: { kind: "password", room: "team-monday", wrong: true } }));
        await page.waitForFunction(() => document.querySelector("input")?.value === "");
        await page.getByRole("alert").waitFor();
      }
      expect(await actions(page)).toEqual([
        ["submitPassword", "one"],
        ["submitPassword", "two"],
      ]);
    }));
});

describe("pictures", () => {
  test("their heights are told, and only of what is on screen", () =>
    withScene("speaker", async (page) => {
      await page.waitForFunction(() => window.gallery.calls.some(([name]) => name === "setVisible"));
      const heights = Object.values(await visible(page)).sort((a, b) => a - b);
      expect(heights.at(-1)).toBeGreaterThan(500);
      expect(heights[0]).toBeLessThan(140);
    }));

  test("a drawer over them on a telephone asks for none", () =>
    withScene(
      "tiles",
      async (page) => {
        await page.waitForFunction(() =>
          window.gallery.calls.some(([name, heights]) => name === "setVisible" && Object.keys(heights as object).length > 2),
        );
        await page.getByRole("button", { name: /^Chat/ }).click();
        await page.waitForFunction(() => {
          const last = window.gallery.calls.filter(([name]) => name === "setVisible").at(-1);
          return last !== undefined && Object.keys(last[1] as object).length === 0;
        });
      },
      { width: 360, height: 740, touch: true },
    ));

  test("one's own is mirrored, a screen is not and is shown whole", () =>
    withScene("sharing", async (page) => {
      const screen = page.getByRole("article", { name: "Screen of Anna Keller" }).first().locator("video");
      expect(await screen.evaluate((v) => [getComputedStyle(v).scale, getComputedStyle(v).objectFit])).toEqual(["none", "contain"]);
    }));

  test("one sees what one shows, as the others do, and stops it there", () =>
    withScene("sharing-self", async (page) => {
      const screen = page.getByRole("article", { name: "Your screen" }).locator("video");
      await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>(".desktop video")?.videoWidth ?? 0) > 0);
      expect(await screen.evaluate((v) => [getComputedStyle(v).scale, getComputedStyle(v).objectFit])).toEqual(["none", "contain"]);
      await page.getByText("You are sharing your screen.").waitFor();
      await page.getByRole("button", { name: "Stop sharing" }).click();
      expect(await actions(page)).toEqual([["setScreen", false]]);
    }));

  test("nobody is called alone while the room is entered anew", () =>
    withScene("two", async (page) => {
      await page.evaluate(() => {
        const { local } = window.gallery.state;
        window.gallery.change({ participants: [], local: { ...local, id: null } });
      });
      await page.getByRole("article", { name: "Anna Keller" }).waitFor({ state: "detached" });
      expect(await page.getByRole("heading", { name: "You are the only one here" }).count()).toBe(0);
    }));

  test("showing one's screen to nobody yet still invites", () =>
    withScene("alone-sharing", async (page) => {
      await page.getByRole("article", { name: "Your screen" }).waitFor();
      await page.getByRole("button", { name: "Copy link" }).waitFor();
    }));

  test("who is not forwarded has initials", () =>
    withScene("two", async (page) => {
      const anna = page.getByRole("article", { name: "Anna Keller" });
      expect(await anna.locator("video").count()).toBe(1);
      await page.evaluate(() => {
        const [p] = window.gallery.state.participants;
        if (p) window.gallery.change({ participants: [{ ...p, videos: p.videos.map((v) => ({ ...v, forwarded: false })) }] });
      });
      await anna.locator("video").waitFor({ state: "detached" });
      expect(await anna.textContent()).toContain("AK");
    }));

  test("nobody's tile is made anew when somebody joins", () =>
    withScene("two", async (page) => {
      await page.evaluate(() => {
        const video = document.querySelector("[aria-label='Anna Keller'] video");
        if (video) (video as HTMLElement).dataset.known = "yes";
        const [p] = window.gallery.state.participants;
        if (p) window.gallery.change({ participants: [p, { ...p, id: "0badcafe", displayName: "Ben", videos: [] }] });
      });
      await page.getByRole("article", { name: "Ben" }).waitFor();
      expect(await page.getByRole("article", { name: "Anna Keller" }).locator("video").getAttribute("data-known")).toBe("yes");
    }));

  test("a screen takes the stage when it comes", () =>
    withScene("two", async (page) => {
      await page.evaluate(() => {
        const [p] = window.gallery.state.participants;
        const screen = { name: "x-v1", kind: "desktop" as const, stream: null, muted: false, forwarded: true };
        if (p) window.gallery.change({ participants: [{ ...p, videos: [...p.videos, screen] }] });
      });
      await page.waitForFunction(() => window.gallery.state.layout === "speaker");
    }));
});

describe("the line above the pictures", () => {
  test("says when there is no sound and picture of the others yet, but not at every joining", () =>
    withScene("two", async (page) => {
      const line = page.getByRole("main").getByText("Connecting sound and picture");
      await page.evaluate(() => window.gallery.change({ media: "connecting" }));
      await page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
      expect(await line.count()).toBe(0);
      await page.evaluate(() => window.gallery.change({ media: "none" }));
      await line.waitFor();
      await page.evaluate(() => window.gallery.change({ media: "connected" }));
      await line.waitFor({ state: "detached" });
    }));

  test("takes two lines at most on a telephone", () =>
    withScene(
      "sharing-self",
      async (page) => {
        const lines = await page
          .getByText("Sie teilen Ihren Bildschirm.")
          .evaluate((p) => p.getBoundingClientRect().height / parseFloat(getComputedStyle(p).lineHeight));
        expect(Math.round(lines)).toBeLessThanOrEqual(2);
      },
      { width: 360, height: 700, language: "de", touch: true },
    ));
});

describe("sound", () => {
  test("everybody has an element of their own, as loud as the slider says", () =>
    withScene("two", async (page) => {
      await page.evaluate(() => {
        const [p] = window.gallery.state.participants;
        if (p) window.gallery.change({ participants: [{ ...p, audio: new MediaStream() }] });
      });
      await page.waitForFunction(() => document.querySelector("audio")?.srcObject instanceof MediaStream);
      await page.getByRole("button", { name: "Options for Anna Keller" }).click();
      await page.getByRole("slider", { name: "Volume of Anna Keller" }).fill("0.5");
      await page.waitForFunction(() => document.querySelector("audio")?.volume === 0.5);
    }));

  test("who leaves is silent", () =>
    withScene("two", async (page) => {
      await page.evaluate(() => window.gallery.change({ participants: [] }));
      await page.locator("audio").waitFor({ state: "detached" });
      await page.getByRole("heading", { name: "You are the only one here" }).waitFor();
    }));
});

describe("talking and moderating", () => {
  test("Enter sends, what was private stays private", () =>
    withScene("chat-private", async (page) => {
      await page.getByLabel("Message only to Ben Marx").fill("psst");
      await page.keyboard.press("Enter");
      expect(await actions(page)).toEqual([["sendChat", "psst"]]);
      await page.getByLabel("To", { exact: true }).selectOption("everybody");
      expect((await actions(page)).at(-1)).toEqual(["chatTo", null]);
    }));

  test("what others write is text, never markup", () =>
    withScene("chat", async (page) => {
      await page.evaluate(() => {
        const { chat } = window.gallery.state;
        const [first] = chat.messages;
        if (first) window.gallery.change({ chat: { ...chat, messages: [{ ...first, text: "<img src=x onerror=alert(1)>" }] } });
      });
      await page.getByText("<img src=x onerror=alert(1)>").waitFor();
      expect(await page.locator(".messages img").count()).toBe(0);
    }));

  test("removing somebody asks first", () =>
    withScene("people", async (page) => {
      await page.getByLabel("Participants (6)").getByRole("button", { name: "Options for Ben Marx" }).click();
      await page.getByRole("menuitem", { name: "Remove from room" }).click();
      expect(await actions(page)).toEqual([]);
      await page.getByRole("alertdialog").getByRole("button", { name: "Remove from room" }).click();
      expect((await actions(page)).map(([name]) => name)).toEqual(["kick"]);
    }));

  test("guests have no such commands", () =>
    withScene("tiles", async (page) => {
      await page.getByRole("button", { name: "Options for Ben Marx" }).click();
      expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Show large", "Private message"]);
    }));

  test("a moderator who leaves is asked for whom", () =>
    withScene("people", async (page) => {
      await page.getByRole("button", { name: "Leave" }).click();
      expect(await page.getByRole("menuitem").allTextContents()).toEqual(["Leave", "End for everybody"]);
    }));

  test("the password of the room is set and removed", async () => {
    await withScene("security", async (page) => {
      await page.getByLabel("New password").fill("sesame");
      await page.getByRole("button", { name: "Set password" }).click();
      expect(await actions(page)).toEqual([["setPassword", "sesame"]]);
    });
    await withScene("security-locked", async (page) => {
      await page.getByRole("button", { name: "Remove password" }).click();
      expect(await actions(page)).toEqual([["setPassword", ""]]);
    });
  });

  test("the link is copied", () =>
    withScene("alone", async (page) => {
      await page.getByRole("button", { name: "Copy link" }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/team-monday$/);
    }));
});

test("joins and leaves are said in one polite region, without names of markup", () =>
  withScene("tiles", async (page) => {
    await page.evaluate(() => window.gallery.change({ notices: [{ id: 7, kind: "joined", names: ["<i>Eva</i>"] }] }));
    const region = page.locator("[aria-live=polite]");
    await region.getByText("<i>Eva</i> joined.").waitFor();
    expect(await region.count()).toBe(1);
  }));

test("the title names the room, and unmounting leaves nothing", () =>
  withScene("tiles", async (page) => {
    expect(await page.title()).toBe("team-monday | Stammtisch");
    await page.evaluate(() => window.gallery.unmount());
    expect(await page.locator("#app").innerHTML()).toBe("");
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBeUndefined();
  }));

/** A built gallery behind the strictest policy a page can run under, and a real Chromium to look at it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build, preview } from "vite";

const configFile = fileURLToPath(new URL("./vite.config.ts", import.meta.url));

/** At least as strict as what the server sends: own files only, no inline script or style, no data addresses. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'";

export interface View {
  width: number;
  height: number;
  scheme: "light" | "dark";
  language: "en" | "de";
  touch?: boolean;
  /** Base font size in px, 16 unless told: larger stands for larger text in the browser's settings. */
  fontSize?: number;
}

export interface Opened {
  page: Page;
  /** Console errors, exceptions and refused requests so far. */
  troubles: string[];
  close(): Promise<void>;
}

export interface GalleryServer {
  open(scene: string, view?: Partial<View>): Promise<Opened>;
  stop(): Promise<void>;
}

const plain: View = { width: 1280, height: 800, scheme: "light", language: "en" };

async function openScene(browser: Browser, origin: string, scene: string, view: View): Promise<Opened> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.scheme,
    reducedMotion: "reduce",
    hasTouch: view.touch === true,
    isMobile: view.touch === true,
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) troubles.push(`asked somebody else: ${request.url()}`);
  });
  await page.clock.setFixedTime(new Date(2026, 10, 20, 12, 0, 0));
  await page.goto(`${origin}/?scene=${scene}&lang=${view.language}`);
  if (view.fontSize !== undefined)
    await page.evaluate((px) => document.documentElement.style.setProperty("font-size", `${px}px`), view.fontSize);
  await page.waitForFunction(() => document.querySelector("#app > *") !== null && "gallery" in window);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { page, troubles, close: () => context.close() };
}

/** Builds and serves the gallery on a free port of loopback, and starts the browser (`CHROMIUM`, else Debian's). */
export async function startGallery(): Promise<GalleryServer> {
  const outDir = await mkdtemp(join(tmpdir(), "stammtisch-gallery-"));
  await build({
    configFile,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  });
  const server = await preview({
    configFile,
    logLevel: "warn",
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0, headers: { "Content-Security-Policy": policy } },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === "string") throw new Error("the gallery has no port");
  const origin = `http://127.0.0.1:${address.port}`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  return {
    open: (scene, view = {}) => openScene(browser, origin, scene, { ...plain, ...view }),
    async stop() {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's Chromium, or the one that CHROMIUM names. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// Nothing here loosens the browser's security: no --disable-web-security, and mDNS candidates stay hidden. Loopback media is what a
// server on localhost needs.
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--autoplay-policy=no-user-gesture-required",
  "--allow-loopback-in-peer-connection",
];

/** With devices: a fake camera and a fake microphone that beeps, and the permission for both. Without: nothing, and nobody to ask. */
export function launch(devices: boolean): Promise<Browser> {
  const more = devices ? ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] : [];
  return chromium.launch({ executablePath, headless: true, args: [...args, ...more] });
}

/** What one page received: by track id, the frames decoded and the audio energy heard. */
export interface Received {
  frames: Record<string, number>;
  energy: Record<string, number>;
}

/** One participant's page, and what went wrong in it. */
export class Visitor {
  readonly problems: string[] = [];

  private constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(browser: Browser, name: string, url: string): Promise<Visitor> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB", viewport: { width: 1000, height: 700 } });
    const page = await context.newPage();
    const visitor = new Visitor(name, context, page);
    page.on("console", (m) => {
      if (m.type() === "error") visitor.problems.push(`console: ${m.text()}`);
    });
    page.on("pageerror", (e) => visitor.problems.push(`exception: ${e.message}`));
    await page.exposeFunction("reportViolation", (text: string) => visitor.problems.push(`content security policy: ${text}`));
    await page.addInitScript(() => {
      const w = window as unknown as { connections: RTCPeerConnection[]; reportViolation(text: string): void };
      w.connections = [];
      window.addEventListener("securitypolicyviolation", (e) => w.reportViolation(`${e.violatedDirective} ${e.blockedURI}`));
      const Native = RTCPeerConnection;
      window.RTCPeerConnection = class extends Native {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          w.connections.push(this);
        }
      };
    });
    await page.goto(url);
    return visitor;
  }

  /** What arrived until now, over all connections that are still open. */
  received(): Promise<Received> {
    return this.page.evaluate(async () => {
      const out = { frames: {} as Record<string, number>, energy: {} as Record<string, number> };
      for (const pc of (window as unknown as { connections: RTCPeerConnection[] }).connections) {
        if (pc.connectionState === "closed") continue;
        for (const r of (await pc.getStats()).values()) {
          if (r.type !== "inbound-rtp") continue;
          if (r.kind === "video") out.frames[r.trackIdentifier] = r.framesDecoded ?? 0;
          else out.energy[r.trackIdentifier] = r.totalAudioEnergy ?? 0;
        }
      }
      return out;
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

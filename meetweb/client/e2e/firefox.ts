import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** Debian's Firefox ESR, or the one that FIREFOX names. */
const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** Firefox with a fake camera and microphone and the permission for both. */
export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
      "media.gmp-provider.enabled": false,
      "media.gmp-manager.url": "",
      "intl.accept_languages": "en-GB",
    },
  });
}

/** One participant's page in Firefox, and what went wrong in it. */
export class FirefoxVisitor {
  readonly problems: string[] = [];

  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {}

  /** With `slow`, the browser takes so many milliseconds for each remote description but the first, as on a busy phone. */
  static async open(browser: Browser, name: string, url: string, slow = 0): Promise<FirefoxVisitor> {
    const page = await browser.newPage();
    const visitor = new FirefoxVisitor(name, page);
    page.on("console", (m) => {
      if (m.type() === "error") visitor.problems.push(`console: ${m.text()}`);
    });
    page.on("pageerror", (e) => visitor.problems.push(`exception: ${String(e)}`));
    await page.evaluateOnNewDocument((pause) => {
      const w = window as unknown as { connections: RTCPeerConnection[] };
      w.connections = [];
      window.addEventListener("securitypolicyviolation", (e) =>
        console.error(`content security policy: ${e.violatedDirective} ${e.blockedURI}`),
      );
      const Native = RTCPeerConnection;
      window.RTCPeerConnection = class extends Native {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          w.connections.push(this);
        }
        override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
          if (this.currentRemoteDescription !== null) await new Promise((later) => setTimeout(later, pause));
          return super.setRemoteDescription(description);
        }
      };
    }, slow);
    await page.goto(url);
    return visitor;
  }

  async join(): Promise<void> {
    await this.page.locator('::-p-aria([name="Your name"][role="textbox"])').fill(this.name);
    await this.page.locator('::-p-aria([name="Join"][role="button"])').click();
  }

  /** What is missing until pictures of somebody are decoded and shown here, and sound is heard; "" when nothing is. */
  missing(name: string): Promise<string> {
    return this.page.evaluate(async (who) => {
      const video = document.querySelector<HTMLVideoElement>(`article[aria-label="${who}"] video`);
      if (video === null) return `a picture in ${who}'s tile`;
      const track = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0]?.id : undefined;
      const played = new Set<string>();
      for (const { srcObject } of document.querySelectorAll("audio")) {
        if (srcObject instanceof MediaStream) for (const t of srcObject.getAudioTracks()) played.add(t.id);
      }
      let seen = 0;
      let heard = 0;
      const states: string[] = [];
      for (const pc of (window as unknown as { connections: RTCPeerConnection[] }).connections) {
        states.push(pc.connectionState);
        for (const r of (await pc.getStats()).values()) {
          if (r.type !== "inbound-rtp") continue;
          if (r.kind === "video" && r.trackIdentifier === track) seen = Math.max(seen, r.framesDecoded ?? 0);
          if (r.kind === "audio" && played.has(r.trackIdentifier)) heard = Math.max(heard, r.totalAudioEnergy ?? 0);
        }
      }
      if (seen > 1 && heard > 0 && video.videoWidth > 0) return "";
      return `more than ${seen} frames, ${video.videoWidth} px and sound of ${heard} (${states.join(", ")})`;
    }, name);
  }
}

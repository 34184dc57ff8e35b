/** Reads `window.config`, which the server's `config.js` sets in the form Jitsi clients know. Pure. */

export interface ClientConfig {
  /** Main host: accounts live here, service discovery and pings go here. */
  domain: string;
  /** Host of guests; undefined when everybody comes in by the main host. */
  anonymousDomain: string | undefined;
  /** Host of login names without one of their own. */
  authDomain: string;
  /** Room service. */
  muc: string;
  /** Where conference requests go. */
  focus: string;
  /** Bare JID of the focus's user, when known beforehand. */
  focusUser: string | undefined;
  /** Where the server takes streams, in the order to try: BOSH is for networks that let no WebSocket through. */
  serviceUrls: readonly string[];
  preferSctp: boolean;
  /** Rooms are started by account holders only. Stock configurations do not say; the focus's answers do. */
  accountsNeeded: boolean;
  pingIntervalMs: number;
}

type Bag = Readonly<Record<string, unknown>>;

/**
 * The configuration for a page at `location`. `?transport=bosh` or `?transport=websocket` chooses where the server offers both.
 * Throws when hosts are missing: the page is then served by something that is no Stammtisch.
 */
export function readConfig(raw: unknown, location: { href: string }): ClientConfig {
  const config = bag(raw);
  const hosts = bag(config.hosts);
  const domain = text(hosts.domain);
  const muc = text(hosts.muc);
  if (domain === undefined || muc === undefined) throw new Error("config.js does not name hosts.domain and hosts.muc");
  return {
    domain,
    anonymousDomain: text(hosts.anonymousdomain),
    authDomain: text(hosts.authdomain) ?? domain,
    muc: muc.toLowerCase(),
    focus: text(hosts.focus) ?? `focus.${domain}`,
    focusUser: text(config.focusUserJid),
    serviceUrls: serviceUrls(config, new URL(location.href)),
    accountsNeeded: bag(config.stammtisch).accountsNeeded === true,
    preferSctp: bag(config.bridgeChannel).preferSctp !== false,
    pingIntervalMs: number(bag(config.xmppPing).interval) ?? 10_000,
  };
}

function serviceUrls(config: Bag, page: URL): string[] {
  const websocket = text(config.websocket);
  const bosh = text(config.bosh);
  const wanted = page.searchParams.get("transport");
  const service = text(config.serviceUrl) ?? websocket ?? bosh ?? "/xmpp-websocket";
  if (wanted === "bosh") return [httpUrl(bosh ?? "/http-bind", page)];
  if (wanted === "websocket") return [webSocketUrl(websocket ?? service, page)];
  if (/^https?:/.test(service) || service === bosh) return [httpUrl(service, page)];
  return [webSocketUrl(service, page), ...(bosh === undefined ? [] : [httpUrl(bosh, page)])];
}

function httpUrl(service: string, page: URL): string {
  return new URL(service, page.origin).href;
}

function webSocketUrl(service: string, page: URL): string {
  const url = new URL(service, page.origin);
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol === "http:") url.protocol = "ws:";
  return url.href;
}

/** `url` with the room named, for whatever balances or logs in front of the server. */
export function withRoom(url: string, room: string): string {
  const out = new URL(url);
  out.searchParams.set("room", room);
  return out.href;
}

function bag(value: unknown): Bag {
  return typeof value === "object" && value !== null ? (value as Bag) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

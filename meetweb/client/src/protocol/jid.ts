/** XMPP addresses as strings (RFC 7622); the client never normalises them, it compares what the server wrote. */

/** `node@domain` of a full or bare JID. */
export function bareJid(jid: string): string {
  const slash = jid.indexOf("/");
  return slash < 0 ? jid : jid.slice(0, slash);
}

/** What follows the first slash, empty when there is none. In a room this is the nickname. */
export function resourceOf(jid: string): string {
  const slash = jid.indexOf("/");
  return slash < 0 ? "" : jid.slice(slash + 1);
}

/** The part before `@`, empty for a domain. */
export function nodeOf(jid: string): string {
  const bare = bareJid(jid);
  const at = bare.indexOf("@");
  return at < 0 ? "" : bare.slice(0, at);
}

export function domainOf(jid: string): string {
  const bare = bareJid(jid);
  return bare.slice(bare.indexOf("@") + 1);
}

/**
 * The nickname for a room, which is also the bridge's endpoint id: the first eight hex digits of an anonymous account's node, else
 * eight random ones, as lib-jitsi-meet does.
 */
export function endpointId(jid: string, random: () => string = randomHex8): string {
  const start = nodeOf(jid).slice(0, 8).toLowerCase();
  return /^[0-9a-f]{8}$/.test(start) && domainOf(jid) !== nodeOf(jid) ? start : random();
}

/** Eight random hex digits. */
export function randomHex8(): string {
  return crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16).padStart(8, "0") ?? "00000000";
}

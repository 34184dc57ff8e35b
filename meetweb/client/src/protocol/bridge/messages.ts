/** Bridge channel messages (JSON with `colibriClass`), as JVB and lib-jitsi-meet exchange them. Pure. */

/** What arrives. Unknown classes and malformed messages are `ignored`. */
export type BridgeMessage =
  | { kind: "serverHello" }
  | { kind: "dominantSpeaker"; id: string; previous: readonly string[]; silence: boolean }
  | { kind: "forwardedSources"; names: readonly string[] }
  /** How tall an own video may be at most; 0 stops it, -1 lifts the limit. */
  | { kind: "senderConstraints"; source: string; maxHeight: number }
  | { kind: "connectivity"; id: string; active: boolean }
  | { kind: "endpointMessage"; from: string; payload: Readonly<Record<string, unknown>> }
  | { kind: "bandwidth"; bps: number }
  | { kind: "ignored" };

/** What this client wants to receive. */
export interface ReceiverConstraints {
  /** Most video sources at once; -1 for no limit. */
  lastN: number;
  defaultMaxHeight: number;
  maxHeights: ReadonlyMap<string, number>;
  /** Most important first. */
  onStage: readonly string[];
}

export function parseBridgeMessage(text: string): BridgeMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "ignored" };
  }
  if (typeof json !== "object" || json === null) return { kind: "ignored" };
  const m = json as Record<string, unknown>;
  const reader = typeof m.colibriClass === "string" ? readers.get(m.colibriClass) : undefined;
  return reader?.(m) ?? { kind: "ignored" };
}

type Fields = Readonly<Record<string, unknown>>;

const readers: ReadonlyMap<string, (m: Fields) => BridgeMessage | undefined> = new Map([
  ["ServerHello", (): BridgeMessage => ({ kind: "serverHello" })],
  ["DominantSpeakerEndpointChangeEvent", readSpeaker],
  ["ForwardedSources", (m: Fields): BridgeMessage => ({ kind: "forwardedSources", names: strings(m.forwardedSources) })],
  ["SenderSourceConstraints", readSenderConstraints],
  ["EndpointConnectivityStatusChangeEvent", readConnectivity],
  ["EndpointMessage", readEndpointMessage],
  ["ConnectionStats", readBandwidth],
]);

function readSpeaker(m: Fields): BridgeMessage | undefined {
  if (typeof m.dominantSpeakerEndpoint !== "string") return undefined;
  return { kind: "dominantSpeaker", id: m.dominantSpeakerEndpoint, previous: strings(m.previousSpeakers), silence: m.silence === true };
}

function readSenderConstraints(m: Fields): BridgeMessage | undefined {
  if (typeof m.sourceName !== "string" || typeof m.maxHeight !== "number") return undefined;
  return { kind: "senderConstraints", source: m.sourceName, maxHeight: m.maxHeight };
}

/** `active` is text on the wire. */
function readConnectivity(m: Fields): BridgeMessage | undefined {
  if (typeof m.endpoint !== "string") return undefined;
  return { kind: "connectivity", id: m.endpoint, active: m.active === "true" || m.active === true };
}

function readEndpointMessage(m: Fields): BridgeMessage | undefined {
  if (typeof m.from !== "string" || typeof m.msgPayload !== "object" || m.msgPayload === null) return undefined;
  return { kind: "endpointMessage", from: m.from, payload: m.msgPayload as Record<string, unknown> };
}

function readBandwidth(m: Fields): BridgeMessage | undefined {
  return typeof m.estimatedDownlinkBandwidth === "number" ? { kind: "bandwidth", bps: m.estimatedDownlinkBandwidth } : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function receiverConstraintsMessage(c: ReceiverConstraints): string {
  const constraints: Record<string, { maxHeight: number }> = {};
  for (const [name, maxHeight] of c.maxHeights) constraints[name] = { maxHeight };
  return JSON.stringify({
    colibriClass: "ReceiverVideoConstraints",
    lastN: c.lastN,
    selectedSources: [],
    onStageSources: c.onStage,
    defaultConstraints: { maxHeight: c.defaultMaxHeight },
    constraints,
  });
}

/** `none` while the source is muted. */
export function videoTypeMessage(sourceName: string, videoType: "camera" | "desktop" | "none"): string {
  return JSON.stringify({ colibriClass: "SourceVideoTypeMessage", sourceName, videoType });
}

/** To one endpoint, or to all when `to` is empty. */
export function endpointMessage(to: string, msgPayload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ colibriClass: "EndpointMessage", to, msgPayload });
}

/** Jingle (XEP-0166, -0167, -0176, -0320, -0343) and Jitsi's sources, as plain data. */

export type MediaType = "audio" | "video";

export interface Feedback {
  type: string;
  subtype?: string;
}

/** XEP-0167 §4: one payload type. */
export interface Payload {
  id: number;
  name: string;
  clockrate: number;
  channels: number;
  /** `fmtp` parameters in order; a nameless one has the name "". */
  params: readonly (readonly [name: string, value: string])[];
  feedback: readonly Feedback[];
}

export interface HeaderExtension {
  id: number;
  uri: string;
}

export interface RtpDescription {
  media: MediaType;
  payloads: readonly Payload[];
  extensions: readonly HeaderExtension[];
  extmapAllowMixed: boolean;
  rtcpMux: boolean;
}

export interface Candidate {
  foundation: string;
  component: string;
  protocol: string;
  priority: string;
  ip: string;
  port: string;
  type: string;
  relAddr?: string;
  relPort?: string;
  tcpType?: string;
  generation: string;
}

export interface Fingerprint {
  hash: string;
  value: string;
  setup: string;
}

export interface Transport {
  ufrag: string;
  pwd: string;
  fingerprint?: Fingerprint;
  candidates: readonly Candidate[];
}

export interface SsrcGroup {
  semantics: string;
  ssrcs: readonly number[];
}

/** What one endpoint sends of one kind: all SSRCs of one name (`<endpoint>-v0`), with its groups. */
export interface Source {
  name: string;
  /** Endpoint id; `jvb` for the bridge's own feedback sources. */
  owner: string;
  media: MediaType;
  videoType: "camera" | "desktop";
  /** `<stream> <track>`. */
  msid: string;
  ssrcs: readonly number[];
  groups: readonly SsrcGroup[];
}

/** A session-initiate of the focus. */
export interface Offer {
  sid: string;
  /** Occupant JID of the focus, as the stanza's `from`. */
  from: string;
  /** The own full JID, as the stanza's `to`. */
  to: string;
  audio?: RtpDescription;
  video?: RtpDescription;
  transport: Transport;
  /** Set when a data channel is offered. */
  sctpPort?: number;
  webSocketUrl?: string;
  bridgeSession?: string;
  sources: readonly Source[];
  traceparent?: Readonly<Record<string, string>>;
}

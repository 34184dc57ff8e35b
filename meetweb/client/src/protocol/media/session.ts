/**
 * One Jingle session with the bridge and its RTCPeerConnection.
 *
 * It answers the focus's offer, keeps the remote description in step with the announced sources, sends what it is given through
 * `setTrack`, and announces new own sources. It knows stanzas only through `Signaller`. All negotiation runs in one queue, one step at
 * a time. After `failed` or `close` it does nothing any more; a new offer makes a new session.
 */
import { type BridgeChannel, dataChannel, webSocketChannel } from "../bridge/channel";
import {
  type BridgeMessage,
  parseBridgeMessage,
  type ReceiverConstraints,
  receiverConstraintsMessage,
  videoTypeMessage,
} from "../bridge/messages";
import { acceptIq, sourcesIq, terminateIq } from "../jingle/build";
import { parseSources } from "../jingle/sources";
import type { Offer, Source } from "../jingle/types";
import { readAnswer } from "../sdp/local";
import {
  addSources,
  initialPlan,
  isFeedback,
  midOf,
  type RemotePlan,
  removeOwner,
  removeSources,
  withScreen,
  writeOffer,
} from "../sdp/remote";
import { addSimulcast, type LayerSsrcs } from "../sdp/simulcast";
import type { Xml } from "../xml/node";
import { ownSources, type Slot, slots, sourceName } from "./own";
import { applyEncodings } from "./sender";
import { RemoteStreams, type RemoteTrack } from "./streams";

export type SessionEvent =
  | { kind: "state"; state: "connecting" | "connected" | "interrupted" }
  | { kind: "tracks"; tracks: readonly RemoteTrack[] }
  /** The focus has taken note of own sources; now presence may name them. */
  | { kind: "announced"; slots: readonly Slot[] }
  /** The focus does not take a new own source (e.g. too many senders). */
  | { kind: "refused"; slot: Slot }
  | { kind: "bridge"; message: BridgeMessage }
  | { kind: "failed"; why: string };

/** Sends an IQ and yields its result; rejects with IqError. */
export interface Signaller {
  request(iq: Xml): Promise<Xml>;
}

export interface SessionOptions {
  offer: Offer;
  nick: string;
  /** Counts the sessions of this visit: part of msids, which must not repeat. */
  number: number;
  iceServers: readonly RTCIceServer[];
  preferSctp: boolean;
  /** The browser does simulcast by RIDs only (Firefox). */
  rids: boolean;
  signaller: Signaller;
  onEvent: (event: SessionEvent) => void;
}

const rids = ["l", "m", "h"] as const;

export class MediaSession {
  readonly offer: Offer;
  readonly #options: SessionOptions;
  readonly #pc: RTCPeerConnection;
  readonly #channel: BridgeChannel | null;
  readonly #tracks = new Map<Slot, MediaStreamTrack | null>();
  readonly #announced = new Map<Slot, Source>();
  readonly #streams = new RemoteStreams();
  readonly #maxHeights = new Map<Slot, number>();
  #plan: RemotePlan;
  #layers: LayerSsrcs | undefined;
  #version = 1;
  #queue: Promise<void> = Promise.resolve();
  #announcing: Promise<void> = Promise.resolve();
  #accepted: Promise<void> | null = null;
  #constraints: ReceiverConstraints | null = null;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.offer = options.offer;
    this.#plan = initialPlan(options.offer, options.rids ? rids : []);
    this.#pc = new RTCPeerConnection({ iceServers: [...options.iceServers], bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.#pc.onconnectionstatechange = () => this.#onConnectionState();
    this.#channel = this.#openChannel();
  }

  /** Answers the offer, with the tracks set so far. */
  start(): void {
    this.#emit({ kind: "state", state: "connecting" });
    this.#enqueue(async () => {
      await this.#negotiate();
      const sdp = this.#pc.localDescription?.sdp ?? "";
      const own = ownSources(sdp, this.#plan, this.#options.nick, this.#options.number);
      const answered = this.#options.signaller.request(acceptIq(this.offer, readAnswer(sdp), [...own.values()]));
      // Remote media need not wait for the focus's word; own sources that come later do.
      this.#accepted = answered.then(() => this.#onAnnounced(own));
      this.#accepted.catch((error: unknown) => this.#fail(`session-accept refused: ${String(error)}`));
    });
  }

  /** What is sent in `slot` from now on; null sends nothing but keeps the source. */
  setTrack(slot: Slot, track: MediaStreamTrack | null): void {
    this.#tracks.set(slot, track);
    if (this.#accepted === null && this.#version === 1) return; // start() will take it along
    this.#enqueue(async () => {
      await this.#replaceTrack(slot, track);
    });
    if (slot !== "audio") this.#sendVideoType(slot);
  }

  /** Sources that the focus announces or takes back, as in the `jingle` element. */
  onSources(action: "source-add" | "source-remove", jingle: Xml): void {
    const sources = parseSources(jingle).filter((source) => !isFeedback(source));
    if (sources.length === 0) return;
    const ssrcs = new Set(sources.flatMap((source) => source.ssrcs));
    this.#change((plan) => (action === "source-add" ? addSources(plan, sources) : removeSources(plan, ssrcs)));
  }

  /** An endpoint has left; no source-remove need come for it. */
  removeEndpoint(id: string): void {
    this.#change((plan) => removeOwner(plan, id));
  }

  setConstraints(constraints: ReceiverConstraints): void {
    this.#constraints = constraints;
    this.#channel?.send(receiverConstraintsMessage(constraints));
  }

  /** Sends text on the bridge channel. */
  sendToBridge(text: string): void {
    this.#channel?.send(text);
  }

  /** The stanza that ends this session. */
  terminate(reason: "success" | "connectivity-error", text: string, restart: boolean): Xml {
    return terminateIq(this.offer, reason, text, restart);
  }

  /** Ends media at once. Own tracks go on, they belong to the caller. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel?.close();
    this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  #openChannel(): BridgeChannel | null {
    const { offer, preferSctp } = this.#options;
    const handlers = {
      onOpen: () => this.#onChannelOpen(),
      onMessage: (text: string) => this.#onBridgeMessage(parseBridgeMessage(text)),
      // Pictures may still come, but the bridge no longer hears which are wanted: only a new session has a channel again.
      onClosed: () => this.#fail("bridge channel closed"),
    };
    if (offer.sctpPort !== undefined && (preferSctp || offer.webSocketUrl === undefined)) return dataChannel(this.#pc, handlers);
    return offer.webSocketUrl === undefined ? null : webSocketChannel(offer.webSocketUrl, handlers);
  }

  #onChannelOpen(): void {
    for (const slot of ["camera", "screen"] as const) this.#sendVideoType(slot);
    if (this.#constraints !== null) this.#channel?.send(receiverConstraintsMessage(this.#constraints));
  }

  /** The bridge has to know which own videos are screens and which are muted, for its allocation. */
  #sendVideoType(slot: "camera" | "screen"): void {
    if (!this.#tracks.has(slot)) return;
    const live = this.#tracks.get(slot) !== null;
    const videoType = live ? (slot === "screen" ? "desktop" : "camera") : "none";
    this.#channel?.send(videoTypeMessage(sourceName(this.#options.nick, slot), videoType));
  }

  #onBridgeMessage(message: BridgeMessage): void {
    if (message.kind === "senderConstraints") {
      const slot = slots.find((s) => sourceName(this.#options.nick, s) === message.source);
      if (slot === undefined) return;
      this.#maxHeights.set(slot, message.maxHeight);
      this.#enqueue(() => this.#applyEncodings(slot));
    }
    this.#emit({ kind: "bridge", message });
  }

  #change(step: (plan: RemotePlan) => RemotePlan): void {
    this.#enqueue(async () => {
      const next = step(this.#plan);
      if (next === this.#plan) return;
      this.#plan = next;
      await this.#negotiate();
    });
  }

  async #replaceTrack(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    if (this.#tracks.get(slot) !== track) return; // a later call has the word
    const transceiver = this.#transceiver(slot);
    if (transceiver !== undefined && (track === null || isSending(transceiver.direction))) {
      await transceiver.sender.replaceTrack(track);
      await this.#applyEncodings(slot);
      return;
    }
    if (track === null) return;
    await this.#negotiate();
    this.#announcing = this.#announcing.then(() => this.#announceNew());
  }

  /** Own sources that the focus does not know yet. Runs beside the queue: media goes on while the focus thinks. */
  async #announceNew(): Promise<void> {
    try {
      await this.#accepted;
      const own = ownSources(this.#pc.localDescription?.sdp ?? "", this.#plan, this.#options.nick, this.#options.number);
      const added = new Map([...own].filter(([slot]) => !this.#announced.has(slot)));
      if (added.size === 0 || this.#closed) return;
      try {
        await this.#options.signaller.request(sourcesIq(this.offer, "source-add", [...added.values()]));
        this.#onAnnounced(added);
      } catch {
        for (const slot of added.keys()) this.#emit({ kind: "refused", slot });
      }
    } catch {
      // The accept was refused; that has ended the session already.
    }
  }

  #onAnnounced(own: ReadonlyMap<Slot, Source>): void {
    for (const [slot, source] of own) this.#announced.set(slot, source);
    this.#emit({ kind: "announced", slots: [...own.keys()] });
  }

  /** One round of offer and answer, both made here: the focus only learns of new own sources. */
  async #negotiate(): Promise<void> {
    if (this.#tracks.get("screen")) this.#plan = withScreen(this.#plan);
    await this.#pc.setRemoteDescription({ type: "offer", sdp: writeOffer(this.#plan, this.#version++) });
    for (const slot of slots) await this.#attach(slot);
    const answer = await this.#pc.createAnswer();
    let sdp = answer.sdp ?? "";
    const camera = midOf(this.#plan, "camera");
    if (camera !== undefined && !this.#options.rids) {
      const munged = addSimulcast(sdp, camera, this.#layers);
      sdp = munged.sdp;
      this.#layers = munged.layers;
    }
    await this.#pc.setLocalDescription({ type: "answer", sdp });
    // Only now: who hears of a track may ask for its pictures, and Firefox loses those that come before the answer.
    this.#emit({ kind: "tracks", tracks: this.#streams.update(this.#plan, this.#pc.getTransceivers()) });
    for (const slot of slots) await this.#applyEncodings(slot);
  }

  async #attach(slot: Slot): Promise<void> {
    const track = this.#tracks.get(slot);
    const transceiver = this.#transceiver(slot);
    if (transceiver === undefined || track === undefined || track === null) return;
    if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    const direction = slot === "screen" ? "sendonly" : "sendrecv";
    if (!isSending(transceiver.direction)) transceiver.direction = direction;
  }

  async #applyEncodings(slot: Slot): Promise<void> {
    const sender = this.#transceiver(slot)?.sender;
    if (slot === "audio" || sender === undefined) return;
    await applyEncodings(sender, slot, this.#maxHeights.get(slot) ?? -1);
  }

  #transceiver(slot: Slot): RTCRtpTransceiver | undefined {
    const mid = midOf(this.#plan, slot);
    return mid === undefined ? undefined : this.#pc.getTransceivers().find((t) => t.mid === mid);
  }

  #onConnectionState(): void {
    switch (this.#pc.connectionState) {
      case "connected":
        this.#emit({ kind: "state", state: "connected" });
        break;
      case "connecting":
        this.#emit({ kind: "state", state: "connecting" });
        break;
      case "disconnected":
        this.#emit({ kind: "state", state: "interrupted" });
        break;
      case "failed":
        this.#fail("ICE or DTLS failed");
        break;
      case "new":
      case "closed":
        break;
    }
  }

  #enqueue(task: () => Promise<void>): void {
    this.#queue = this.#queue
      .then(async () => {
        if (!this.#closed) await task();
      })
      .catch((error: unknown) => {
        if (!this.#closed) this.#fail(String(error));
      });
  }

  #emit(event: SessionEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }

  #fail(why: string): void {
    if (this.#closed) return;
    this.#options.onEvent({ kind: "failed", why });
  }
}

function isSending(direction: RTCRtpTransceiverDirection): boolean {
  return direction === "sendrecv" || direction === "sendonly";
}

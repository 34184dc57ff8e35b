/** The streams of remote sources. */
import type { MediaType } from "../jingle/types";
import type { RemotePlan } from "../sdp/remote";

/** What plays: one remote source with the stream that carries it. */
export interface RemoteTrack {
  name: string;
  owner: string;
  media: MediaType;
  videoType: "camera" | "desktop";
  stream: MediaStream;
}

export class RemoteStreams {
  readonly #byMid = new Map<string, { key: string; stream: MediaStream }>();

  /** The tracks of all remote sources in the plan. A stream stays the same object while its source stays. */
  update(plan: RemotePlan, transceivers: readonly RTCRtpTransceiver[]): RemoteTrack[] {
    const byMid = new Map(transceivers.map((t) => [t.mid, t.receiver.track]));
    const tracks: RemoteTrack[] = [];
    plan.sections.forEach((section, index) => {
      if (section.use !== "remote" || section.source === null) return;
      const mid = String(index);
      const track = byMid.get(mid);
      if (track === undefined) return;
      const { name, owner, media, videoType, ssrcs } = section.source;
      tracks.push({ name, owner, media, videoType, stream: this.#stream(mid, `${name} ${ssrcs[0]}`, track) });
    });
    return tracks;
  }

  #stream(mid: string, key: string, track: MediaStreamTrack): MediaStream {
    const held = this.#byMid.get(mid);
    if (held !== undefined && held.key === key && held.stream.getTracks()[0] === track) return held.stream;
    const stream = new MediaStream([track]);
    this.#byMid.set(mid, { key, stream });
    return stream;
  }
}

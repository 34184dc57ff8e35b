/** One person, or one screen: picture or initials, the name, and what there is to know at a glance. */
import type { VNode } from "preact";
import { useContext, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { Participant, RemoteVideo } from "../../model/state";
import { Icon, type IconName } from "../icons";
import { hueOf } from "../kit/identity";
import { Video } from "../kit/media";
import { Avatar } from "../kit/parts";
import { PersonMenu } from "../people/menu";
import { useParticipant, useSelect, useStore } from "../store";
import { type Seat, videoOf } from "./seats";
import { ReporterContext } from "./visibility";

export interface TileProps {
  seat: Seat;
  /** In the film strip: smaller type, the whole tile pins. */
  small?: boolean;
  /** Alone on the stage: the whole picture instead of a filled tile. */
  stage?: boolean;
}

function Mark({ icon, label, look }: { icon: IconName; label: string; look?: string }): VNode {
  return (
    <span class={`mark ${look ?? ""}`} role="img" aria-label={label}>
      <Icon name={icon} small />
    </span>
  );
}

interface Face {
  name: string;
  id: string;
  stream: MediaStream | null;
  mirrored: boolean;
  desktop: boolean;
  audioMuted: boolean;
  moderator: boolean;
  handUp: boolean;
  speaking: boolean;
  /** The line to this person is interrupted. */
  away: boolean;
}

function remoteFace(seat: Seat, person: Participant, speaking: boolean): Face {
  const video = videoOf(person.videos, seat.kind);
  const shown = video !== undefined && !video.muted && video.forwarded && person.active;
  const desktop = seat.kind === "desktop";
  return {
    name: person.displayName || t("people.nameless"),
    id: person.id,
    stream: shown ? video.stream : null,
    mirrored: false,
    desktop,
    audioMuted: person.audioMuted && !desktop,
    moderator: person.moderator && !desktop,
    handUp: person.handRaisedAt > 0 && !desktop,
    speaking: speaking && !desktop,
    away: !person.active,
  };
}

/** The whole thumbnail is a button that makes its person large, or lets go again. */
function PinCover({ seat, label, pinned }: { seat: Seat; label: string; pinned: boolean }): VNode {
  const { actions } = useStore();
  return (
    <button
      type="button"
      class="cover"
      aria-label={t("tile.pinPerson", { name: label })}
      aria-pressed={pinned}
      onClick={() => actions.pin(pinned ? null : seat.id)}
    />
  );
}

const ownLabel = (name: string): string => (name === "" ? t("people.you") : t("tile.you", { name }));

function labelOf(seat: Seat, face: Face): string {
  if (!face.desktop) return face.name || t("people.you");
  return seat.local ? t("tile.ownScreen") : t("tile.screenOf", { name: face.name });
}

function TileView({ face, seat, small, stage }: TileProps & { face: Face }): VNode {
  const tile = useRef<HTMLDivElement>(null);
  const look = ["tile", small && "small", stage && "stage-tile", face.speaking && "speaks", face.away && "away", face.desktop && "desktop"];
  const label = labelOf(seat, face);
  const pinned = useSelect((s) => s.pinned === seat.id, [seat.id]);
  return (
    <article ref={tile} class={look.filter(Boolean).join(" ")} aria-label={label} data-key={seat.key} style={{ "--hue": hueOf(face.id) }}>
      {face.stream ? (
        <Video stream={face.stream} mirrored={face.mirrored} contain={face.desktop || stage === true} whole={face.desktop} />
      ) : (
        <div class="tile-empty">{face.desktop ? <Icon name="screen" /> : <Avatar id={face.id} name={face.name} size="fluid" />}</div>
      )}
      {small ? <PinCover seat={seat} label={label} pinned={pinned} /> : null}
      <div class="tile-top">
        {face.handUp ? <Mark icon="hand" label={t("tile.handUp")} look="hand-mark" /> : null}
        {face.away ? <Mark icon="offline" label={t("tile.away")} /> : null}
        {pinned ? <Mark icon="pin" label={t("tile.pinned")} /> : null}
      </div>
      {seat.local ? null : <PersonMenu id={seat.id} place="tile" />}
      <div class="tile-name">
        {face.audioMuted ? <Mark icon="microphoneOff" label={t("tile.muted")} look="muted-mark" /> : null}
        <span class="truncate">{seat.local && !face.desktop ? ownLabel(face.name) : label}</span>
        {face.moderator ? <Mark icon="moderator" label={t("tile.moderator")} /> : null}
      </div>
    </article>
  );
}

/** Tells the reporter about this tile for as long as it is there. */
function Watched({ video, children }: { video: RemoteVideo | undefined; children: VNode }): VNode {
  const reporter = useContext(ReporterContext);
  const ref = useRef<HTMLDivElement>(null);
  // What presence names before the focus does cannot be shown yet.
  const source = video?.stream ? video.name : undefined;
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element || !reporter || source === undefined) return;
    return reporter.watch(element, source);
  }, [reporter, source]);
  return (
    <div ref={ref} class="tile-box">
      {children}
    </div>
  );
}

function RemoteTile(props: TileProps): VNode | null {
  const { seat } = props;
  const person = useParticipant(seat.id);
  const speaking = useSelect((s) => s.dominantSpeaker === seat.id, [seat.id]);
  if (person === undefined) return null;
  return (
    <Watched video={videoOf(person.videos, seat.kind)}>
      <TileView {...props} face={remoteFace(seat, person, speaking)} />
    </Watched>
  );
}

function OwnTile(props: TileProps): VNode {
  const { prefs } = useStore();
  const name = useSelect((s) => s.local.displayName);
  const stream = useSelect((s) => s.local.cameraStream);
  const audioMuted = useSelect((s) => !s.local.microphone.on);
  const moderator = useSelect((s) => s.local.moderator);
  const handUp = useSelect((s) => s.local.handRaisedAt > 0);
  const speaking = useSelect((s) => s.local.id !== null && s.dominantSpeaker === s.local.id && s.local.microphone.on);
  const face: Face = {
    name,
    id: props.seat.id,
    stream,
    mirrored: prefs.value.mirror,
    desktop: false,
    audioMuted,
    moderator,
    handUp,
    speaking,
    away: false,
  };
  return (
    <div class="tile-box">
      <TileView {...props} face={face} />
    </div>
  );
}

/** What one shows to the others, as they see it: never mirrored. */
function OwnScreen(props: TileProps): VNode {
  const stream = useSelect((s) => s.local.screenStream);
  const face: Face = {
    name: "",
    id: props.seat.id,
    stream,
    mirrored: false,
    desktop: true,
    audioMuted: false,
    moderator: false,
    handUp: false,
    speaking: false,
    away: false,
  };
  return (
    <div class="tile-box">
      <TileView {...props} face={face} />
    </div>
  );
}

export function Tile(props: TileProps): VNode {
  const { local, kind } = props.seat;
  if (!local) return <RemoteTile {...props} />;
  return kind === "desktop" ? <OwnScreen {...props} /> : <OwnTile {...props} />;
}

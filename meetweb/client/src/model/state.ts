/**
 * What the view shows and what it may ask for. Plain data: no DOM, no XMPP.
 *
 * One `App` object (made by `createApp` in `model/app.ts`) holds an immutable `AppState` and hands a new one to its subscribers after each
 * change; the view renders it and calls `Actions`. Media streams are the one browser type that passes through, as opaque handles.
 */

/** The MUC nickname, equal to the bridge's endpoint id: eight hex digits for web clients. */
export type ParticipantId = string;

/** Unique within a conference: `<participant>-a0`, `<participant>-v0`, `<participant>-v1` (screen). */
export type SourceName = string;

/** Which page is up. */
export type Screen =
  | { kind: "welcome" }
  | { kind: "prejoin"; room: string }
  | { kind: "joining"; room: string }
  /** Accounts mode: nobody who may start the room is there yet; the request is repeated until somebody is. */
  | { kind: "waitingForHost"; room: string; login: LoginState }
  | { kind: "password"; room: string; wrong: boolean }
  | { kind: "inCall"; room: string }
  | { kind: "left"; room: string; reason: LeftReason };

export type LoginState =
  | { kind: "closed" }
  | { kind: "open"; error?: "wrongCredentials" | "notAllowed" | "unreachable" | "tooManyAttempts" }
  | { kind: "busy" };

export type LeftReason =
  | { kind: "hungUp" }
  | { kind: "kicked"; by?: string; text?: string }
  | { kind: "roomClosed"; text?: string }
  | { kind: "connectionLost" }
  | { kind: "roomFull" }
  | { kind: "notAllowed"; text?: string }
  | { kind: "serverStopped" }
  | { kind: "failed"; text: string };

/** How the line to the server is; while `reconnecting`, media goes on. */
export type ConnectionState = "connected" | "reconnecting" | "offline";

/** How the line to the bridge is. `failed` is followed by an automatic restart of the session. */
export type MediaState = "none" | "connecting" | "connected" | "interrupted" | "failed";

export interface RemoteVideo {
  name: SourceName;
  kind: "camera" | "desktop";
  stream: MediaStream | null;
  muted: boolean;
  /** False while the bridge does not forward it (last-N, constraints, bandwidth). */
  forwarded: boolean;
}

export interface Participant {
  id: ParticipantId;
  displayName: string;
  moderator: boolean;
  audioMuted: boolean;
  /** Camera first, then screen; empty without video. */
  videos: readonly RemoteVideo[];
  audio: MediaStream | null;
  /** Milliseconds since the epoch when the hand went up, 0 while it is down. */
  handRaisedAt: number;
  /** False while the bridge hears nothing from them. */
  active: boolean;
}

export type DeviceProblem = "denied" | "notFound" | "inUse" | "unsupported" | "failed";

/** One of the local microphone, camera, screen. `problem` says why it could not be opened. */
export interface LocalDevice {
  on: boolean;
  busy: boolean;
  problem?: DeviceProblem;
}

export interface DeviceChoice {
  id: string;
  label: string;
}

export interface LocalState {
  id: ParticipantId | null;
  displayName: string;
  moderator: boolean;
  handRaisedAt: number;
  microphone: LocalDevice;
  camera: LocalDevice;
  screen: LocalDevice;
  /** Preview and own tile; null while the camera is off. */
  cameraStream: MediaStream | null;
  screenStream: MediaStream | null;
  /** 0..1, for the level meter. */
  microphoneLevel: number;
  devices: { microphones: readonly DeviceChoice[]; cameras: readonly DeviceChoice[]; speakers: readonly DeviceChoice[] };
  chosen: { microphone: string; camera: string; speaker: string };
  /** Account name when logged in as a host. */
  account: string | null;
}

export interface ChatMessage {
  id: string;
  from: ParticipantId | "me";
  displayName: string;
  text: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Set on a private message: the other side. */
  privateWith?: { id: ParticipantId; displayName: string };
  /** The server refused it. */
  failed?: boolean;
}

export interface ChatState {
  open: boolean;
  unread: number;
  messages: readonly ChatMessage[];
  /** Null: everybody. */
  to: ParticipantId | null;
}

/** What happened, for the toast stack and the live region. `id` is unique and increasing. */
export interface Notice {
  id: number;
  kind:
    | "joined"
    | "left"
    | "mutedByModerator"
    | "becameModerator"
    | "reconnecting"
    | "reconnected"
    | "handRaised"
    | "microphoneDenied"
    | "cameraDenied"
    | "microphoneLost"
    | "cameraLost"
    | "screenFailed"
    | "roomLocked"
    | "roomUnlocked"
    | "kickedOther"
    | "chatFailed"
    | "actionRefused"
    | "mediaRestarting"
    | "videoUnavailable";
  /** Names the text mentions, in order. */
  names: readonly string[];
}

export type Layout = "tiles" | "speaker";

export interface AppState {
  screen: Screen;
  /** The login dialog, wherever it is shown; `screen.login` of `waitingForHost` is always the same value. */
  login: LoginState;
  connection: ConnectionState;
  media: MediaState;
  local: LocalState;
  /** In the order of joining. */
  participants: readonly Participant[];
  dominantSpeaker: ParticipantId | null;
  pinned: ParticipantId | null;
  layout: Layout;
  chat: ChatState;
  participantsOpen: boolean;
  /** The room has a password. */
  locked: boolean;
  subject: string;
  /** Milliseconds since the epoch when the room was created, 0 while unknown. */
  startedAt: number;
  notices: readonly Notice[];
  /** From config.js: whether rooms are started by account holders only. */
  accountsNeeded: boolean;
  recentRooms: readonly { room: string; at: number; minutes: number }[];
}

export interface Actions {
  /** Goes to the pre-join page of a room. The view has checked the name with `roomNameProblem`. */
  openRoom(room: string): void;
  goHome(): void;
  forgetRecentRoom(room: string): void;
  setDisplayName(name: string): void;
  /** From pre-join (and again from `left`): starts the conversation with the server. */
  join(): void;
  /** Opens or closes the login dialog; only while waiting for the host, in pre-join or in the room. */
  showLogin(open: boolean): void;
  login(user: string, password: string): void;
  submitPassword(password: string): void;
  leave(): void;
  /** From pre-join or in call. Asks for permission when needed; problems land in `LocalDevice.problem`. */
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  setScreen(on: boolean): void;
  chooseDevice(kind: "microphone" | "camera" | "speaker", id: string): void;
  raiseHand(up: boolean): void;
  setLayout(layout: Layout): void;
  pin(id: ParticipantId | null): void;
  openChat(open: boolean): void;
  openParticipants(open: boolean): void;
  chatTo(id: ParticipantId | null): void;
  sendChat(text: string): void;
  muteParticipant(id: ParticipantId, media: "audio" | "video"): void;
  muteEverybody(): void;
  kick(id: ParticipantId): void;
  grantModerator(id: ParticipantId): void;
  /** Empty string removes the password. Moderators only. */
  setPassword(password: string): void;
  endForAll(): void;
  dismissNotice(id: number): void;
  /**
   * The view tells which video is on screen and how tall in CSS pixels it is drawn, so that the bridge sends just that.
   * Called on layout changes; the model passes it on at once and then now and then.
   */
  setVisible(heights: ReadonlyMap<SourceName, number>): void;
}

/** What the view gets. */
export interface App {
  readonly state: AppState;
  /** Calls back after each change with the new state; returns how to stop. */
  subscribe(listener: (state: AppState) => void): () => void;
  readonly actions: Actions;
}

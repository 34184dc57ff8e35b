/** One state for each thing that can be on screen. */
import type { Obstacle } from "../../model/obstacle";
import type { AppState, ChatMessage, LocalState, LoginState, Notice, Participant, RemoteVideo } from "../../model/state";
import type { DialogState } from "../store";
import type { SceneName } from "./names";
import { paintedStream } from "./streams";

export interface Scene {
  state: AppState;
  dialog?: DialogState;
  /** Shown instead of the state. */
  obstacle?: Obstacle;
}

/** All times are told from here, so that pictures stay the same. */
export const noon = new Date(2026, 10, 20, 12, 0, 0).getTime();
const minute = 60_000;
const room = "team-monday";
const hd = { width: 640, height: 360 };

const local: LocalState = {
  id: "a1b2c3d4",
  displayName: "Miriam Vogel",
  moderator: false,
  handRaisedAt: 0,
  microphone: { on: true, busy: false },
  camera: { on: false, busy: false },
  screen: { on: false, busy: false },
  cameraStream: null,
  screenStream: null,
  microphoneLevel: 0.42,
  devices: {
    microphones: [
      { id: "m1", label: "Built-in microphone" },
      { id: "m2", label: "Headset" },
    ],
    cameras: [{ id: "c1", label: "Built-in camera" }],
    speakers: [{ id: "s1", label: "Built-in speakers" }],
  },
  chosen: { microphone: "m1", camera: "c1", speaker: "s1" },
  account: null,
};

const base: AppState = {
  screen: { kind: "welcome" },
  login: { kind: "closed" },
  connection: "connected",
  media: "connected",
  local,
  participants: [],
  dominantSpeaker: null,
  pinned: null,
  layout: "tiles",
  chat: { open: false, unread: 0, messages: [], to: null },
  participantsOpen: false,
  locked: false,
  subject: "",
  startedAt: 0,
  notices: [],
  accountsNeeded: true,
  recentRooms: [],
};

const names = [
  "Anna Keller",
  "Ben Marx",
  "Chiara Totti",
  "Dimitris Joannou",
  "Élodie Laurent",
  "Farid Nazari",
  "Greta Holm",
  "Hannes Ott",
  "Ivana Perić",
  "Jonas Weiß",
  "Kemal Aydın",
  "Lucía Ortega",
  "Maja Sørensen",
  "Noah Adler",
  "Oksana Hrytsenko",
  "Piotr Zając",
  "Quentin Morel",
  "Rosa Lang",
  "Samuel Okafor",
  "Theresa Bruckner",
  "Ursula Zahn",
  "Viktor Elm",
  "Wanja Roth",
  "Xenia Faber",
];

interface Guise {
  video?: boolean;
  muted?: boolean;
  moderator?: boolean;
  hand?: number;
  away?: boolean;
  forwarded?: boolean;
  sharing?: boolean;
  portrait?: boolean;
}

function participant(index: number, guise: Guise = {}): Participant {
  const id = (0x5eed0000 + index * 7919).toString(16);
  const videos: RemoteVideo[] = [];
  const size = guise.portrait ? { width: 360, height: 640 } : hd;
  if (guise.video) {
    const stream = paintedStream("person", index + 1, size);
    videos.push({ name: `${id}-v0`, kind: "camera", stream, muted: false, forwarded: guise.forwarded !== false });
  }
  if (guise.sharing) {
    const stream = paintedStream("screen", index, { width: 1280, height: 800 });
    videos.push({ name: `${id}-v1`, kind: "desktop", stream, muted: false, forwarded: true });
  }
  return {
    id,
    displayName: names[index % names.length] ?? "",
    moderator: guise.moderator === true,
    audioMuted: guise.muted === true,
    videos,
    audio: null,
    handRaisedAt: guise.hand ?? 0,
    active: !guise.away,
  };
}

const five = (): Participant[] => [
  participant(0, { video: true, moderator: true }),
  participant(1, { muted: true }),
  participant(2, { video: true }),
  participant(3, { video: true, muted: true }),
  participant(4, { hand: noon - 2 * minute }),
];

function call(participants: Participant[], part: Partial<AppState> = {}): AppState {
  return {
    ...base,
    screen: { kind: "inCall", room },
    participants,
    dominantSpeaker: participants[0]?.id ?? null,
    startedAt: noon - 24 * minute - 10_000,
    ...part,
  };
}

function message(id: number, from: Participant | "me", text: string, at: number, more: Partial<ChatMessage> = {}): ChatMessage {
  const who = from === "me" ? { from, displayName: local.displayName } : { from: from.id, displayName: from.displayName };
  return { id: `c${id}`, ...who, text, at, ...more };
}

function conversation(people: readonly Participant[]): ChatMessage[] {
  const [anna, ben] = people;
  if (!anna || !ben) return [];
  return [
    message(1, anna, "The agenda is in the pad: https://pad.example/monday", noon - 9 * minute),
    message(2, anna, "Please add your points before we start.", noon - 9 * minute + 20_000),
    message(3, "me", "Thanks, reading.", noon - 8 * minute),
    message(4, ben, "Can you hear me?", noon - 3 * minute, { privateWith: { id: ben.id, displayName: ben.displayName } }),
    message(5, "me", "Loud and clear.", noon - 2 * minute, { privateWith: { id: ben.id, displayName: ben.displayName } }),
    message(6, "me", "See you next week then?", noon - minute, { failed: true }),
  ];
}

function chatting(to: string | null): AppState {
  const people = five();
  return call(people, { chat: { open: true, unread: 0, messages: conversation(people), to } });
}

function waiting(login: LoginState): AppState {
  return { ...base, login, screen: { kind: "waitingForHost", room, login } };
}

function notice(id: number, kind: Notice["kind"], ...who: string[]): Notice {
  return { id, kind, names: who };
}

const recentRooms = [
  { room: "stammtisch", at: noon - 3 * 24 * 60 * minute, minutes: 52 },
  { room: "team-monday", at: noon - 4 * 24 * 60 * minute, minutes: 31 },
  { room: "yoga-with-rosa", at: noon - 40 * 24 * 60 * minute, minutes: 74 },
];

const withCamera = (): LocalState => ({ ...local, camera: { on: true, busy: false }, cameraStream: paintedStream("person", 9, hd) });
const withScreen = (): LocalState => ({
  ...withCamera(),
  screen: { on: true, busy: false },
  screenStream: paintedStream("screen", 0, { width: 1280, height: 800 }),
});
const moderator: LocalState = { ...local, moderator: true, account: "miriam" };

/** Every scene by name. Functions, so that only the shown one paints its streams. */
export const scenes: Record<SceneName, () => Scene> = {
  welcome: () => ({ state: { ...base, recentRooms } }),
  "welcome-first": () => ({ state: base }),
  "welcome-settings": () => ({ state: base, dialog: { kind: "settings" } }),
  protection: () => ({ state: base, dialog: { kind: "protection" } }),
  prejoin: () => ({ state: { ...base, screen: { kind: "prejoin", room }, local: withCamera() } }),
  "prejoin-off": () => ({
    state: { ...base, screen: { kind: "prejoin", room }, local: { ...local, displayName: "", microphone: { on: false, busy: false } } },
  }),
  "prejoin-denied": () => ({
    state: {
      ...base,
      screen: { kind: "prejoin", room },
      local: {
        ...local,
        microphone: { on: false, busy: false, problem: "denied" },
        camera: { on: false, busy: false, problem: "denied" },
        devices: { microphones: [], cameras: [], speakers: [] },
      },
    },
  }),
  joining: () => ({ state: { ...base, screen: { kind: "joining", room } } }),
  waiting: () => ({ state: waiting({ kind: "closed" }) }),
  login: () => ({ state: waiting({ kind: "open" }) }),
  "login-wrong": () => ({ state: waiting({ kind: "open", error: "wrongCredentials" }) }),
  "login-busy": () => ({ state: waiting({ kind: "busy" }) }),
  password: () => ({ state: { ...base, screen: { kind: "password", room, wrong: false } } }),
  "password-wrong": () => ({ state: { ...base, screen: { kind: "password", room, wrong: true } } }),
  alone: () => ({ state: call([], { local: withCamera() }) }),
  two: () => ({ state: call([participant(0, { video: true })], { local: withCamera() }) }),
  tiles: () => ({ state: call(five(), { local: withCamera(), chat: { ...base.chat, unread: 2 } }) }),
  "tiles-many": () => ({
    state: call(
      names.map((_, i) => participant(i, { video: i % 3 !== 1, muted: i % 4 === 2, away: i === 5 })),
      { local: withCamera() },
    ),
  }),
  speaker: () => ({ state: call(five(), { layout: "speaker", local: withCamera() }) }),
  "speaker-avatar": () => {
    const people = five();
    return { state: call(people, { layout: "speaker", pinned: people[1]?.id ?? null }) };
  },
  sharing: () => ({
    state: call([participant(0, { video: true, sharing: true }), participant(1, { video: true, muted: true }), participant(2)], {
      layout: "speaker",
    }),
  }),
  "sharing-self": () => ({
    state: call([participant(0, { video: true }), participant(1)], { local: withScreen() }),
  }),
  "alone-sharing": () => ({ state: call([], { local: withScreen() }) }),
  chat: () => ({ state: chatting(null) }),
  "chat-private": () => ({ state: chatting(participant(1).id) }),
  "chat-empty": () => ({ state: call(five(), { chat: { ...base.chat, open: true } }) }),
  people: () => ({ state: call(five(), { participantsOpen: true, local: moderator }) }),
  notices: () => ({
    state: call(five(), {
      notices: [
        notice(1, "joined", "Anna Keller"),
        notice(2, "joined", "Ben Marx"),
        notice(3, "mutedByModerator"),
        notice(4, "screenFailed"),
      ],
      local: { ...local, microphone: { on: false, busy: false } },
    }),
  }),
  reconnecting: () => ({ state: call(five(), { connection: "reconnecting" }) }),
  security: () => ({ state: call(five(), { local: moderator }), dialog: { kind: "security" } }),
  "security-locked": () => ({ state: call(five(), { local: moderator, locked: true }), dialog: { kind: "security" } }),
  invite: () => ({ state: call(five(), { locked: true }), dialog: { kind: "invite" } }),
  settings: () => ({ state: call(five(), { local: withCamera() }), dialog: { kind: "settings" } }),
  shortcuts: () => ({ state: call(five()), dialog: { kind: "shortcuts" } }),
  kick: () => ({
    state: call(five(), { local: moderator }),
    dialog: { kind: "confirm", question: { kind: "kick", id: participant(1).id, name: "Ben Marx" } },
  }),
  "left-hungUp": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "hungUp" } } } }),
  "left-kicked": () => ({
    state: { ...base, screen: { kind: "left", room, reason: { kind: "kicked", by: "Anna Keller", text: "Wrong room, sorry." } } },
  }),
  "left-closed": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "roomClosed" } } } }),
  "left-lost": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "connectionLost" } } } }),
  "left-full": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "roomFull" } } } }),
  "left-notAllowed": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "notAllowed" } } } }),
  "left-stopped": () => ({ state: { ...base, screen: { kind: "left", room, reason: { kind: "serverStopped" } } } }),
  "left-failed": () => ({
    state: { ...base, screen: { kind: "left", room, reason: { kind: "failed", text: "item-not-found" } } },
  }),
  "obstacle-insecure": () => ({ state: base, obstacle: "insecure" }),
  "obstacle-browser": () => ({ state: base, obstacle: "browser" }),
  "obstacle-config": () => ({ state: base, obstacle: "config" }),
};

/**
 * How the state changes: `update` takes what happened and gives the next model, without effects.
 *
 * Effects (devices, network, address bar) are in `app.ts` and end in events again.
 */
import type { ConferenceEvent } from "../protocol/conference/events";
import { updateChat } from "./chat";
import { type Model, notify, withLogin } from "./model";
import { emptyRoom, participantsOf, type Room } from "./participants";
import type {
  AppState,
  ChatMessage,
  DeviceProblem,
  Layout,
  LocalDevice,
  LocalState,
  LoginState,
  Notice,
  ParticipantId,
  Screen,
} from "./state";

export type AppEvent =
  | { kind: "conference"; event: ConferenceEvent; now: number }
  | { kind: "screen"; screen: Screen }
  | { kind: "login"; login: LoginState }
  | { kind: "local"; part: Partial<LocalState> }
  | { kind: "device"; device: "microphone" | "camera" | "screen"; part: Partial<LocalDevice>; problem: DeviceProblem | null }
  | { kind: "chatOpened"; open: boolean }
  | { kind: "chatTo"; id: ParticipantId | null }
  | { kind: "chatSent"; message: ChatMessage }
  | { kind: "participantsOpened"; open: boolean }
  | { kind: "layout"; layout: Layout }
  | { kind: "pinned"; id: ParticipantId | null }
  | { kind: "notice"; notice: Omit<Notice, "id"> }
  | { kind: "dismissed"; id: number }
  | { kind: "recentRooms"; rooms: AppState["recentRooms"] };

export function update(model: Model, event: AppEvent): Model {
  const { app } = model;
  switch (event.kind) {
    case "conference":
      return onConference(model, event.event, event.now);
    case "screen":
      return setScreen(model, event.screen);
    case "login":
      return withLogin(model, event.login);
    case "local":
      return patchLocal(model, event.part);
    case "device":
      return patchLocal(model, { [event.device]: patchDevice(app.local[event.device], event.part, event.problem) });
    case "chatOpened":
    case "chatTo":
    case "chatSent":
      return { ...model, app: { ...app, chat: updateChat(app.chat, event) } };
    case "participantsOpened":
      return { ...model, app: { ...app, participantsOpen: event.open } };
    case "layout":
      return { ...model, app: { ...app, layout: event.layout } };
    case "pinned":
      return { ...model, app: { ...app, pinned: event.id } };
    case "notice":
      return notify(model, event.notice.kind, event.notice.names);
    case "dismissed":
      return { ...model, app: { ...app, notices: app.notices.filter((n) => n.id !== event.id) } };
    case "recentRooms":
      return { ...model, app: { ...app, recentRooms: event.rooms } };
  }
}

function patchLocal(model: Model, part: Partial<LocalState>): Model {
  return { ...model, app: { ...model.app, local: { ...model.app.local, ...part } } };
}

/** A device without `problem` has none; the field is then absent. */
function patchDevice({ on, busy }: LocalDevice, part: Partial<LocalDevice>, problem: DeviceProblem | null): LocalDevice {
  const next: LocalDevice = { on, busy, ...part };
  return problem === null ? next : { ...next, problem };
}

/** Outside of a call nothing of the last one remains, except for its messages while one may still come back. */
function setScreen(model: Model, screen: Screen): Model {
  const { app } = model;
  if (screen.kind === "inCall" || screen.kind === "joining" || screen.kind === "password") return { ...model, app: { ...app, screen } };
  const left: AppState = {
    ...app,
    screen,
    media: "none",
    connection: "connected",
    participants: [],
    dominantSpeaker: null,
    pinned: null,
    participantsOpen: false,
    locked: false,
    subject: "",
    startedAt: 0,
    notices: screen.kind === "waitingForHost" ? app.notices : [],
    chat: { open: false, unread: 0, messages: [], to: null },
    local: { ...app.local, id: null, moderator: false, handRaisedAt: 0 },
  };
  return { ...model, app: left, room: emptyRoom };
}

function withRoom(model: Model, part: Partial<Room>): Model {
  const room = { ...model.room, ...part };
  const participants = participantsOf(room, model.app.participants);
  return { ...model, room, app: participants === model.app.participants ? model.app : { ...model.app, participants } };
}

function onConference(model: Model, event: ConferenceEvent, now: number): Model {
  const { app, room } = model;
  switch (event.kind) {
    case "connection":
      return onConnection(model, event.state);
    case "waitingForHost":
      return toWaiting({ ...model, app: { ...app, accountsNeeded: true } });
    case "accountNeeded":
      return withLogin(toWaiting(model), { kind: "open" });
    case "passwordNeeded":
      return setScreen(model, { kind: "password", room: roomName(app), wrong: event.wrong });
    case "session":
      return patchLocal(
        { ...model, app: { ...app, accountsNeeded: app.accountsNeeded || event.authentication } },
        { account: event.sessionId === null && event.identity === null ? null : (event.identity ?? app.local.account) },
      );
    case "reset":
      return patchLocal(withRoom({ ...model, app: { ...app, dominantSpeaker: null } }, emptyRoom), { id: null });
    case "joined":
      return patchLocal(
        { ...model, app: { ...app, screen: { kind: "inCall", room: roomName(app) }, startedAt: app.startedAt || now } },
        { id: event.id },
      );
    case "self":
      return onSelf(model, event.occupant.role === "moderator");
    case "occupant":
      return onOccupant(model, event);
    case "occupantLeft":
      return onLeft(model, event);
    case "chat":
    case "chatRefused":
      return onChat(model, event, now);
    case "subject":
      return { ...model, app: { ...app, subject: event.text } };
    case "roomInfo":
      return onRoomInfo(model, event);
    case "media":
      return onMedia(model, event.state);
    case "tracks":
      return withRoom(model, { tracks: new Map(event.tracks.map((track) => [track.name, track])) });
    case "dominantSpeaker":
      return app.dominantSpeaker === event.id ? model : { ...model, app: { ...app, dominantSpeaker: event.id } };
    case "forwarded":
      return withRoom(model, { forwarded: new Set(event.names) });
    case "active":
      return withRoom(model, { inactive: toggled(room.inactive, event.id, !event.active) });
    case "mutedByModerator":
      return notify(model, "mutedByModerator", event.by === undefined ? [] : [nameOf(model, event.by)]);
    case "sourceRefused":
      return notify(model, event.slot === "audio" ? "actionRefused" : "videoUnavailable", []);
    case "ended":
      return setScreen(model, { kind: "left", room: roomName(app), reason: withNames(model, event.reason) });
  }
}

function roomName({ screen }: AppState): string {
  return screen.kind === "welcome" ? "" : screen.room;
}

function nameOf(model: Model, id: ParticipantId): string {
  return model.room.occupants.get(id)?.displayName ?? "";
}

function withNames(model: Model, reason: (ConferenceEvent & { kind: "ended" })["reason"]): (ConferenceEvent & { kind: "ended" })["reason"] {
  return reason.kind === "kicked" && reason.by !== undefined ? { ...reason, by: nameOf(model, reason.by) } : reason;
}

function toggled(set: ReadonlySet<string>, item: string, inside: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (inside) next.add(item);
  else next.delete(item);
  return next;
}

function toWaiting(model: Model): Model {
  const { screen } = model.app;
  return screen.kind === "waitingForHost"
    ? model
    : setScreen(model, { kind: "waitingForHost", room: roomName(model.app), login: model.app.login });
}

function onConnection(model: Model, state: "connected" | "reconnecting"): Model {
  const { app } = model;
  if (app.connection === state) return model;
  const next = { ...model, app: { ...app, connection: state } };
  return app.screen.kind === "inCall" ? notify(next, state === "connected" ? "reconnected" : "reconnecting", []) : next;
}

function onSelf(model: Model, moderator: boolean): Model {
  const { local, screen } = model.app;
  if (local.moderator === moderator) return model;
  const next = patchLocal(model, { moderator });
  return moderator && screen.kind === "inCall" && model.room.infoKnown ? notify(next, "becameModerator", []) : next;
}

function onOccupant(model: Model, { occupant }: ConferenceEvent & { kind: "occupant" }): Model {
  const before = model.room.occupants.get(occupant.id);
  const next = withRoom(model, { occupants: new Map(model.room.occupants).set(occupant.id, occupant) });
  if (model.app.screen.kind !== "inCall") return next;
  if (before === undefined) return model.app.local.id === null ? next : notify(next, "joined", [occupant.displayName]);
  return before.handRaisedAt === 0 && occupant.handRaisedAt > 0 ? notify(next, "handRaised", [occupant.displayName]) : next;
}

function onLeft(model: Model, { id, reason }: ConferenceEvent & { kind: "occupantLeft" }): Model {
  const gone = model.room.occupants.get(id);
  if (gone === undefined) return model;
  const occupants = new Map(model.room.occupants);
  occupants.delete(id);
  const { app } = model;
  const next = withRoom(
    {
      ...model,
      app: {
        ...app,
        dominantSpeaker: app.dominantSpeaker === id ? null : app.dominantSpeaker,
        pinned: app.pinned === id ? null : app.pinned,
        chat: app.chat.to === id ? { ...app.chat, to: null } : app.chat,
      },
    },
    { occupants, inactive: toggled(model.room.inactive, id, false) },
  );
  // When the service stops everybody goes at once: that is no news of each.
  if (app.screen.kind !== "inCall" || reason.kind === "serviceStopped") return next;
  return notify(next, reason.kind === "kicked" ? "kickedOther" : "left", [gone.displayName]);
}

function onChat(model: Model, event: ConferenceEvent & { kind: "chat" | "chatRefused" }, now: number): Model {
  const { app } = model;
  const chat = updateChat(app.chat, {
    kind: "conference",
    event,
    now,
    ownId: app.local.id,
    nameOf: (id) => (id === app.local.id ? app.local.displayName : nameOf(model, id)),
  });
  const next = chat === app.chat ? model : { ...model, app: { ...app, chat } };
  return event.kind === "chatRefused" && next !== model ? notify(next, "chatFailed", []) : next;
}

function onRoomInfo(model: Model, info: ConferenceEvent & { kind: "roomInfo" }): Model {
  const { app, room } = model;
  const next = {
    ...model,
    room: { ...room, infoKnown: true },
    app: { ...app, locked: info.locked, startedAt: info.createdAt || app.startedAt },
  };
  if (!room.infoKnown || app.locked === info.locked) return next;
  return notify(next, info.locked ? "roomLocked" : "roomUnlocked", []);
}

function onMedia(model: Model, state: AppState["media"]): Model {
  if (model.app.media === state) return model;
  const next = { ...model, app: { ...model.app, media: state } };
  const room = state === "none" ? { ...next.room, forwarded: null, inactive: new Set<string>() } : next.room;
  const settled = room === next.room ? next : withRoom({ ...next, room }, {});
  return state === "failed" && model.app.screen.kind === "inCall" ? notify(settled, "mediaRestarting", []) : settled;
}

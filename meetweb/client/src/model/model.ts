/** The model behind the state: what the view sees, and what it is put together from. */
import { emptyRoom, type Room } from "./participants";
import type { Settings } from "./settings";
import type { AppState, LoginState, Notice } from "./state";

export interface Model {
  app: AppState;
  room: Room;
  /** The id of the next notice. */
  nextNotice: number;
}

/** At most so many notices are kept; older ones have been seen or were missed. */
const keptNotices = 30;

export function initialModel(settings: Settings, accountsNeeded: boolean): Model {
  const off = { on: false, busy: false };
  const app: AppState = {
    screen: { kind: "welcome" },
    login: { kind: "closed" },
    connection: "connected",
    media: "none",
    local: {
      id: null,
      displayName: settings.displayName,
      moderator: false,
      handRaisedAt: 0,
      microphone: off,
      camera: off,
      screen: off,
      cameraStream: null,
      screenStream: null,
      microphoneLevel: 0,
      devices: { microphones: [], cameras: [], speakers: [] },
      chosen: { microphone: settings.microphone, camera: settings.camera, speaker: settings.speaker },
      account: settings.account,
    },
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
    accountsNeeded,
    recentRooms: settings.recentRooms,
  };
  return { app, room: emptyRoom, nextNotice: 1 };
}

export function notify(model: Model, kind: Notice["kind"], names: readonly string[]): Model {
  const notice: Notice = { id: model.nextNotice, kind, names };
  const notices = [...model.app.notices, notice].slice(-keptNotices);
  return { ...model, nextNotice: model.nextNotice + 1, app: { ...model.app, notices } };
}

/** The login state stands beside the screen and, while waiting for the host, in it. */
export function withLogin(model: Model, login: LoginState): Model {
  const { screen } = model.app;
  return { ...model, app: { ...model.app, login, screen: screen.kind === "waitingForHost" ? { ...screen, login } : screen } };
}

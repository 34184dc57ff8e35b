/** What this browser remembers between visits. */

export interface RecentRoom {
  room: string;
  /** Milliseconds since the epoch of the last visit. */
  at: number;
  minutes: number;
}

export interface Settings {
  displayName: string;
  /** 32 hex digits, drawn once; the focus binds a login to it. */
  machineUid: string;
  sessionId: string | null;
  account: string | null;
  microphone: string;
  camera: string;
  speaker: string;
  /** What the focus said last: rooms are started by account holders. Shows the login before the first request. */
  accountsNeeded: boolean;
  microphoneOn: boolean;
  cameraOn: boolean;
  recentRooms: readonly RecentRoom[];
}

export interface SettingsStore {
  read(): Settings;
  write(part: Partial<Settings>): void;
}

const key = "stammtisch";
const recentRooms = 12;

/** A store over the browser's local storage; where that is forbidden it remembers until the page goes. */
export function createSettings(storage: Pick<Storage, "getItem" | "setItem"> | undefined): SettingsStore {
  let settings = parseSettings(load(storage));
  let stored = true;
  const store: SettingsStore = {
    read: () => settings,
    write: (part) => {
      // Another page of this browser may have written meanwhile.
      const text = stored ? load(storage) : null;
      settings = { ...(text === null ? settings : parseSettings(text)), ...part };
      try {
        storage?.setItem(key, JSON.stringify(settings));
      } catch {
        stored = false; // full or forbidden: remembered for this visit
      }
    },
  };
  if (settings.machineUid === "") store.write({ machineUid: crypto.randomUUID().replaceAll("-", "") });
  return store;
}

function load(storage: Pick<Storage, "getItem"> | undefined): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

/** Reads what was written, by this or an older version; what is missing or strange gets its default. */
export function parseSettings(text: string | null): Settings {
  let json: unknown = null;
  try {
    json = text === null ? null : JSON.parse(text);
  } catch {
    // Not ours.
  }
  const raw = (typeof json === "object" && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
  const word = (name: string): string => (typeof raw[name] === "string" ? raw[name] : "");
  const uid = word("machineUid");
  return {
    displayName: word("displayName"),
    machineUid: /^[0-9a-f]{32}$/.test(uid) ? uid : "",
    sessionId: word("sessionId") || null,
    account: word("account") || null,
    microphone: word("microphone"),
    camera: word("camera"),
    speaker: word("speaker"),
    accountsNeeded: raw.accountsNeeded === true,
    microphoneOn: raw.microphoneOn !== false,
    cameraOn: raw.cameraOn !== false,
    recentRooms: Array.isArray(raw.recentRooms) ? raw.recentRooms.filter(isRecentRoom).slice(0, recentRooms) : [],
  };
}

function isRecentRoom(value: unknown): value is RecentRoom {
  const { room, at, minutes } = (value ?? {}) as Partial<RecentRoom>;
  return typeof room === "string" && typeof at === "number" && typeof minutes === "number";
}

/** The list with a visit in front. */
export function withVisit(rooms: readonly RecentRoom[], visit: RecentRoom): RecentRoom[] {
  return [visit, ...rooms.filter((r) => r.room !== visit.room)].slice(0, recentRooms);
}

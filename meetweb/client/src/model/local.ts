/** The own microphone, camera and screen: switching, replacing, losing them. Tells the state and whoever sends the tracks. */
import type { Slot } from "../protocol/media/own";
import { listDevices, onDevicesChanged, openDevice, openScreen, problemOf } from "./devices";
import { meterLevel } from "./level";
import type { SettingsStore } from "./settings";
import type { LocalState } from "./state";
import type { AppEvent } from "./update";

type Device = "microphone" | "camera" | "screen";

export interface LocalMediaOptions {
  settings: SettingsStore;
  dispatch: (event: AppEvent) => void;
  /** Takes what is to be sent: a track or nothing, and whether others see it as muted. */
  send: (slot: Slot, track: MediaStreamTrack | null, muted: boolean) => void;
}

const slotOf: Readonly<Record<Device, Slot>> = { microphone: "audio", camera: "camera", screen: "screen" };

export class LocalMedia {
  readonly #options: LocalMediaOptions;
  readonly #tracks = new Map<Device, MediaStreamTrack>();
  readonly #on = new Map<Device, boolean>();
  readonly #busy = new Set<Device>();
  /** Switched off while they were still opening. */
  readonly #unwanted = new Set<Device>();
  #stopMeter: () => void = () => undefined;
  /** Nobody is here: a device that opens only now is closed again. */
  #suspended = false;

  constructor(options: LocalMediaOptions, signal: AbortSignal) {
    this.#options = options;
    onDevicesChanged(() => void this.#list(), signal);
  }

  /** Opens what was on at the last visit: for the preview, and again when coming back from `left`. */
  async resume(): Promise<void> {
    const { microphoneOn, cameraOn } = this.#options.settings.read();
    this.#suspended = false;
    // One after the other: two questions at once confuse browsers and people.
    if (microphoneOn) await this.setDevice("microphone", true, false);
    if (cameraOn && !this.#suspended) await this.setDevice("camera", true, false);
    await this.#list();
  }

  /** Lets go of everything; lights go out. What was on is remembered in the settings. */
  suspend(): void {
    this.#suspended = true;
    for (const device of this.#busy) this.#unwanted.add(device);
    for (const device of ["screen", "camera", "microphone"] as const) this.#close(device);
  }

  /** Everything as it is now, to a new conference. */
  sendAll(): void {
    for (const device of ["microphone", "camera", "screen"] as const) {
      if (this.#tracks.has(device)) this.#send(device);
    }
  }

  /** Switches on or off. `remember`: the user chose so, keep it for the next visit. */
  async setDevice(device: Device, on: boolean, remember = true): Promise<void> {
    if (this.#busy.has(device)) {
      if (on) this.#unwanted.delete(device);
      else this.#unwanted.add(device);
    } else if (this.#on.get(device) === on) return;
    if (remember && device === "microphone") this.#options.settings.write({ microphoneOn: on });
    if (remember && device === "camera") this.#options.settings.write({ cameraOn: on });
    if (this.#busy.has(device)) return;
    if (on) await this.#open(device);
    else this.#off(device);
  }

  /** Another microphone or camera; replaces the open one. */
  async choose(device: "microphone" | "camera", id: string): Promise<void> {
    this.#options.settings.write({ [device]: id });
    if (!this.#tracks.has(device) || this.#busy.has(device)) return;
    const on = this.#on.get(device) === true;
    this.#release(device);
    const opening = this.#open(device);
    if (!on) this.#unwanted.add(device);
    await opening;
    if (!this.#tracks.has(device)) this.#tellNobodySees(device);
  }

  /** A moderator has switched it off. */
  forceOff(device: Device): void {
    if (this.#busy.has(device)) this.#unwanted.add(device);
    else if (this.#on.get(device) === true) this.#off(device);
  }

  #off(device: Device): void {
    if (device === "microphone") this.#setMicrophoneOn(false);
    else this.#close(device);
  }

  async #open(device: Device): Promise<void> {
    if (device === "microphone" && this.#tracks.get(device)?.readyState === "live") {
      this.#setMicrophoneOn(true);
      return;
    }
    this.#busy.add(device);
    this.#unwanted.delete(device);
    this.#tell(device, { busy: true });
    try {
      const { microphone, camera } = this.#options.settings.read();
      const track = device === "screen" ? await openScreen() : await openDevice(device, device === "camera" ? camera : microphone);
      this.#busy.delete(device);
      const wanted = !this.#unwanted.has(device);
      if (!this.#suspended && (wanted || device === "microphone")) this.#opened(device, track, wanted);
      else {
        track.stop();
        this.#tell(device, { on: false, busy: false });
      }
    } catch (error) {
      this.#busy.delete(device);
      this.#failed(device, error);
    }
  }

  #opened(device: Device, track: MediaStreamTrack, on: boolean): void {
    track.enabled = on;
    this.#tracks.set(device, track);
    this.#on.set(device, on);
    track.addEventListener("ended", () => {
      if (this.#tracks.get(device) === track) this.#lost(device);
    });
    this.#tell(device, { on, busy: false });
    if (device === "microphone") {
      this.#stopMeter();
      this.#stopMeter = meterLevel(track, (microphoneLevel) => this.#options.dispatch({ kind: "local", part: { microphoneLevel } }));
    } else this.#tellStream(device, new MediaStream([track]));
    this.#send(device);
    void this.#list();
  }

  #failed(device: Device, error: unknown): void {
    this.#on.set(device, false);
    const problem = problemOf(error);
    // Who closes the browser's choice of screens has not denied anything for good.
    if (device === "screen") {
      this.#tell(device, { on: false, busy: false });
      if (problem !== "denied") this.#notice("screenFailed");
      return;
    }
    this.#options.dispatch({ kind: "device", device, part: { on: false, busy: false }, problem });
    if (problem === "denied") this.#notice(device === "microphone" ? "microphoneDenied" : "cameraDenied");
    void this.#list();
  }

  /** Unplugged, or the browser's own "stop sharing". */
  #lost(device: Device): void {
    const wasOn = this.#on.get(device) === true;
    this.#close(device);
    if (device === "screen") return;
    this.#options.dispatch({ kind: "device", device, part: { on: false }, problem: "notFound" });
    if (wasOn) this.#notice(device === "microphone" ? "microphoneLost" : "cameraLost");
  }

  /** The microphone stays open while off, so that speaking again loses no word. */
  #setMicrophoneOn(on: boolean): void {
    const track = this.#tracks.get("microphone");
    if (track !== undefined) track.enabled = on;
    this.#on.set("microphone", on);
    this.#tell("microphone", { on, busy: false });
    this.#send("microphone");
  }

  #close(device: Device): void {
    this.#on.set(device, false);
    if (!this.#tracks.has(device)) return;
    this.#release(device);
    this.#tell(device, { on: false, busy: false });
    this.#tellNobodySees(device);
  }

  #tellNobodySees(device: Device): void {
    if (device !== "microphone") this.#tellStream(device, null);
    this.#options.send(slotOf[device], null, true);
  }

  #release(device: Device): void {
    const track = this.#tracks.get(device);
    this.#tracks.delete(device);
    track?.stop();
    if (device === "microphone") {
      this.#stopMeter();
      this.#stopMeter = () => undefined;
    }
  }

  #send(device: Device): void {
    this.#options.send(slotOf[device], this.#tracks.get(device) ?? null, this.#on.get(device) !== true);
  }

  #tell(device: Device, part: { on?: boolean; busy?: boolean }): void {
    this.#options.dispatch({ kind: "device", device, part, problem: null });
  }

  #tellStream(device: "camera" | "screen", stream: MediaStream | null): void {
    const part: Partial<LocalState> = device === "camera" ? { cameraStream: stream } : { screenStream: stream };
    this.#options.dispatch({ kind: "local", part });
  }

  #notice(kind: "microphoneDenied" | "cameraDenied" | "microphoneLost" | "cameraLost" | "screenFailed"): void {
    this.#options.dispatch({ kind: "notice", notice: { kind, names: [] } });
  }

  async #list(): Promise<void> {
    try {
      this.#options.dispatch({ kind: "local", part: { devices: await listDevices() } });
    } catch {
      // No devices at all: nothing to choose from.
    }
  }
}

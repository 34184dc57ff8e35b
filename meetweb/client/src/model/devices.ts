/** Microphones, cameras, screens: opening them, naming what is wrong, listing them. The model's only place that knows `mediaDevices`. */
import type { DeviceChoice, DeviceProblem, LocalState } from "./state";

const cameraHeight = 720;
const screenFrameRate = 15;

/** What went wrong, as people can act on it. */
export function problemOf(error: unknown): DeviceProblem {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "notFound";
    case "NotReadableError":
    case "AbortError":
      return "inUse";
    case "NotSupportedError":
      return "unsupported";
    default:
      return error instanceof TypeError ? "unsupported" : "failed";
  }
}

function microphoneConstraints(id: string): MediaTrackConstraints {
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(id === "" ? {} : { deviceId: { exact: id } }) };
}

function cameraConstraints(id: string): MediaTrackConstraints {
  const size = { width: { ideal: (cameraHeight * 16) / 9 }, height: { ideal: cameraHeight }, frameRate: { max: 30 } };
  return { ...size, ...(id === "" ? {} : { deviceId: { exact: id } }) };
}

/** One track of a kind. A chosen device that is gone is replaced by any other. */
export async function openDevice(kind: "microphone" | "camera", id: string): Promise<MediaStreamTrack> {
  const open = async (wanted: string): Promise<MediaStreamTrack | undefined> => {
    const constraints = kind === "microphone" ? { audio: microphoneConstraints(wanted) } : { video: cameraConstraints(wanted) };
    const stream = await mediaDevices().getUserMedia(constraints);
    return stream.getTracks()[0];
  };
  let track: MediaStreamTrack | undefined;
  try {
    track = await open(id);
  } catch (error) {
    if (id === "" || problemOf(error) !== "notFound") throw error;
    track = await open("");
  }
  if (track === undefined) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** The browser asks which screen or window. */
export async function openScreen(): Promise<MediaStreamTrack> {
  const stream = await mediaDevices().getDisplayMedia({ video: { frameRate: { ideal: screenFrameRate, max: 30 } }, audio: false });
  const track = stream.getVideoTracks()[0];
  if (track === undefined) throw new DOMException("no track", "NotFoundError");
  track.contentHint = "detail";
  return track;
}

function mediaDevices(): MediaDevices {
  // Absent outside of secure contexts, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new DOMException("no media devices", "NotSupportedError");
  return devices;
}

/** What there is to choose from. Names are empty until the browser has been allowed to use something. */
export async function listDevices(): Promise<LocalState["devices"]> {
  const found = await mediaDevices()
    .enumerateDevices()
    .catch(() => []);
  const of = (kind: MediaDeviceKind): DeviceChoice[] =>
    found.filter((d) => d.kind === kind && d.deviceId !== "").map((d) => ({ id: d.deviceId, label: d.label }));
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}

/** Calls back when something is plugged or unplugged, until `signal` aborts. */
export function onDevicesChanged(callback: () => void, signal: AbortSignal): void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  devices?.addEventListener("devicechange", callback, { signal });
}

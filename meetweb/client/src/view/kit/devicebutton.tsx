/** The switches for microphone, camera and screen: real buttons whose name stays while `aria-pressed` tells the state. */
import type { VNode } from "preact";
import { type Key, t } from "../../i18n";
import type { AppState, LocalDevice } from "../../model/state";
import { Icon, type IconName } from "../icons";
import { type Store, useSelect, useStore } from "../store";

export type DeviceKind = "microphone" | "camera" | "screen";

interface Face {
  on: IconName;
  off: IconName;
  label: Key;
  turnOn: Key;
  turnOff: Key;
  key: string;
}

const faces: Record<DeviceKind, Face> = {
  microphone: {
    on: "microphone",
    off: "microphoneOff",
    label: "device.microphone",
    turnOn: "device.microphoneOn",
    turnOff: "device.microphoneOff",
    key: "M",
  },
  camera: { on: "camera", off: "cameraOff", label: "device.camera", turnOn: "device.cameraOn", turnOff: "device.cameraOff", key: "V" },
  screen: { on: "screenOff", off: "screen", label: "device.screen", turnOn: "device.screenOn", turnOff: "device.screenOff", key: "D" },
};

/** Turns a device on or off, unless it is just being switched. */
export function toggleDevice(store: Store, kind: DeviceKind): void {
  const device: LocalDevice = store.state.value.local[kind];
  if (device.busy) return;
  switch (kind) {
    case "microphone":
      store.actions.setMicrophone(!device.on);
      break;
    case "camera":
      store.actions.setCamera(!device.on);
      break;
    case "screen":
      store.actions.setScreen(!device.on);
      break;
  }
}

function look(kind: DeviceKind, device: LocalDevice): string {
  if (kind === "screen") return device.on ? "tool is-on" : "tool";
  if (device.problem !== undefined) return "tool is-off has-problem";
  return device.on ? "tool" : "tool is-off";
}

export function DeviceButton({ device: kind, tipKey }: { device: DeviceKind; tipKey?: boolean }): VNode {
  const store = useStore();
  const device = useSelect((s: AppState) => s.local[kind], [kind]);
  const face = faces[kind];
  const tip = t(device.on ? face.turnOff : face.turnOn);
  return (
    <button
      type="button"
      class={look(kind, device)}
      aria-label={t(face.label)}
      aria-pressed={device.on}
      aria-busy={device.busy}
      data-tip={tipKey ? `${tip} (${face.key})` : tip}
      onClick={() => toggleDevice(store, kind)}
    >
      <Icon name={device.on ? face.on : face.off} />
      {device.problem === undefined ? null : (
        <span class="badge problem-badge" aria-hidden="true">
          !
        </span>
      )}
    </button>
  );
}

/** Which microphone, camera and loudspeaker. */
import type { VNode } from "preact";
import { type Key, t } from "../../i18n";
import type { DeviceChoice } from "../../model/state";
import type { IconName } from "../icons";
import { Select } from "../kit/parts";
import { useSelect, useStore } from "../store";

interface Picker {
  kind: "microphone" | "camera" | "speaker";
  list: "microphones" | "cameras" | "speakers";
  label: Key;
  none: Key;
  icon: IconName;
}

const pickers: readonly Picker[] = [
  { kind: "microphone", list: "microphones", label: "device.microphone", none: "device.noMicrophone", icon: "microphone" },
  { kind: "camera", list: "cameras", label: "device.camera", none: "device.noCamera", icon: "camera" },
  { kind: "speaker", list: "speakers", label: "device.speaker", none: "device.defaultSpeaker", icon: "volume" },
];

/** Browsers that cannot choose the output have no loudspeakers to list. */
export const canChooseSpeaker = (): boolean => "setSinkId" in HTMLMediaElement.prototype;

function DevicePicker({ picker, compact }: { picker: Picker; compact: boolean }): VNode | null {
  const { actions } = useStore();
  const list: readonly DeviceChoice[] = useSelect((s) => s.local.devices[picker.list], [picker]);
  const chosen = useSelect((s) => s.local.chosen[picker.kind], [picker]);
  // Before the room, a line of its own says what is missing or not allowed.
  if (compact && list.length === 0) return null;
  // Nothing chosen, or what was chosen is unplugged: the browser takes its default, which it lists first.
  const shown = list.some((d) => d.id === chosen) ? chosen : (list[0]?.id ?? "");
  return (
    <Select
      label={t(picker.label)}
      value={shown}
      disabled={list.length === 0}
      change={(id) => actions.chooseDevice(picker.kind, id)}
      {...(compact ? { icon: picker.icon, look: "compact-picker" } : {})}
    >
      {list.length === 0 ? <option value="">{t(picker.none)}</option> : null}
      {list.map((choice, index) => (
        <option key={choice.id} value={choice.id}>
          {choice.label || t("device.unnamed", { kind: t(picker.label), number: index + 1 })}
        </option>
      ))}
    </Select>
  );
}

export function DevicePickers({ compact = false }: { compact?: boolean }): VNode {
  const shown = pickers.filter((p) => p.kind !== "speaker" || canChooseSpeaker());
  return (
    <div class={compact ? "device-pickers compact-pickers" : "device-pickers"}>
      {shown.map((picker) => (
        <DevicePicker key={picker.kind} picker={picker} compact={compact} />
      ))}
    </div>
  );
}

/** How loud the microphone hears us, as a bar and in words. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { useSelect, useStore } from "../store";

/** From here on it is a voice, not a quiet room. */
const heardAt = 0.06;

export function LevelMeter(): VNode {
  const percent = useSelect((s) => (s.local.microphone.on ? Math.round(Math.min(1, Math.max(0, s.local.microphoneLevel)) * 100) : 0));
  return (
    // biome-ignore lint/a11y/useSemanticElements: the native element cannot be styled alike in all browsers.
    <div
      class="meter"
      role="meter"
      aria-label={t("device.level")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      style={{ "--level": `${percent}%` }}
    >
      <span />
    </div>
  );
}

/** The meter and a sentence that says whether the microphone works. Nothing while the microphone has a problem of its own. */
export function MicrophoneCheck(): VNode | null {
  const { state } = useStore();
  const heard = useSignal(false);
  useSignalEffect(() => {
    const { microphone, microphoneLevel } = state.value.local;
    if (microphone.on && microphoneLevel >= heardAt) heard.value = true;
  });
  const on = useSelect((s) => s.local.microphone.on);
  const problem = useSelect((s) => s.local.microphone.problem);
  if (problem !== undefined) return null;
  return (
    <div class="microphone-check">
      <LevelMeter />
      <p class="note">
        <Icon name={on ? (heard.value ? "check" : "microphone") : "microphoneOff"} small />
        <span>{on ? t(heard.value ? "device.works" : "device.saySomething") : t("device.microphoneIsOff")}</span>
      </p>
    </div>
  );
}

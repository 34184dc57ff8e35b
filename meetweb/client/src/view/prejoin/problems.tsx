/** Why a device cannot be used, and the way out in this browser. */
import type { VNode } from "preact";
import { type Key, t } from "../../i18n";
import type { DeviceProblem } from "../../model/state";
import { type BrowserFamily, browserFamily } from "../kit/browser";
import { Problem } from "../kit/parts";
import { useSelect } from "../store";

const microphone: Record<DeviceProblem, Key> = {
  denied: "problem.microphoneDenied",
  notFound: "problem.microphoneNotFound",
  inUse: "problem.microphoneInUse",
  unsupported: "problem.unsupported",
  failed: "problem.microphoneFailed",
};

const camera: Record<DeviceProblem, Key> = {
  denied: "problem.cameraDenied",
  notFound: "problem.cameraNotFound",
  inUse: "problem.cameraInUse",
  unsupported: "problem.unsupported",
  failed: "problem.cameraFailed",
};

const wayOut: Record<BrowserFamily, Key> = {
  chromium: "problem.allowChromium",
  firefox: "problem.allowFirefox",
  safari: "problem.allowSafari",
  other: "problem.allowOther",
};

/** One sentence per trouble, at most one way out; joining without devices is always possible and says so. */
export function DeviceProblems(): VNode | null {
  const mic = useSelect((s) => s.local.microphone.problem);
  const cam = useSelect((s) => s.local.camera.problem);
  if (mic === undefined && cam === undefined) return null;
  const denied = mic === "denied" || cam === "denied";
  const texts = mic === "denied" && cam === "denied" ? [t("problem.bothDenied")] : [];
  if (texts.length === 0 && mic !== undefined) texts.push(t(microphone[mic]));
  if (cam !== undefined && !(mic === "denied" && cam === "denied")) texts.push(t(camera[cam]));
  return (
    <div class="callout">
      {texts.map((text) => (
        <Problem key={text}>{text}</Problem>
      ))}
      {denied ? <p>{t(wayOut[browserFamily(navigator.userAgent)])}</p> : null}
      <p class="muted">{t("problem.joinAnyway")}</p>
    </div>
  );
}

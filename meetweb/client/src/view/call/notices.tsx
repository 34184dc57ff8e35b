/** What just happened: a stack of toasts for the eyes, one polite live region for the ears. */
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { type Key, t } from "../../i18n";
import type { Notice } from "../../model/state";
import { Icon, type IconName } from "../icons";
import { useSelect, useStore } from "../store";
import { useBanner } from "./banner";

type Weight = "info" | "warning" | "error";

const faces: Record<Notice["kind"], { text: Key; many?: Key; icon: IconName; weight: Weight }> = {
  joined: { text: "notice.joined", many: "notice.joinedMany", icon: "person", weight: "info" },
  left: { text: "notice.left", many: "notice.leftMany", icon: "person", weight: "info" },
  mutedByModerator: { text: "notice.mutedByModerator", icon: "microphoneOff", weight: "warning" },
  becameModerator: { text: "notice.becameModerator", icon: "moderator", weight: "info" },
  reconnecting: { text: "notice.reconnecting", icon: "offline", weight: "warning" },
  reconnected: { text: "notice.reconnected", icon: "check", weight: "info" },
  handRaised: { text: "notice.handRaised", many: "notice.handRaisedMany", icon: "hand", weight: "info" },
  microphoneDenied: { text: "notice.microphoneDenied", icon: "microphoneOff", weight: "error" },
  cameraDenied: { text: "notice.cameraDenied", icon: "cameraOff", weight: "error" },
  microphoneLost: { text: "notice.microphoneLost", icon: "microphoneOff", weight: "error" },
  cameraLost: { text: "notice.cameraLost", icon: "cameraOff", weight: "error" },
  screenFailed: { text: "notice.screenFailed", icon: "screenOff", weight: "error" },
  roomLocked: { text: "notice.roomLocked", icon: "lock", weight: "info" },
  roomUnlocked: { text: "notice.roomUnlocked", icon: "lock", weight: "info" },
  kickedOther: { text: "notice.kickedOther", icon: "kick", weight: "info" },
  chatFailed: { text: "notice.chatFailed", icon: "chat", weight: "error" },
  actionRefused: { text: "notice.actionRefused", icon: "warning", weight: "error" },
  mediaRestarting: { text: "notice.mediaRestarting", icon: "offline", weight: "warning" },
  videoUnavailable: { text: "notice.videoUnavailable", icon: "cameraOff", weight: "warning" },
};

const lifetime: Record<Weight, number> = { info: 5_000, warning: 8_000, error: 12_000 };

/** Several arrivals in a row are one message. */
export interface Toast {
  ids: readonly number[];
  kind: Notice["kind"];
  names: readonly string[];
}

const merged: readonly Notice["kind"][] = ["joined", "left", "handRaised"];

/** Notices as toasts, the oldest first, arrivals and departures gathered. */
export function toToasts(notices: readonly Notice[]): Toast[] {
  const toasts: Toast[] = [];
  for (const { id, kind, names } of notices) {
    const at = merged.includes(kind) ? toasts.findIndex((toast) => toast.kind === kind) : -1;
    const old = toasts[at];
    if (old) toasts[at] = { kind, ids: [...old.ids, id], names: [...old.names, ...names] };
    else toasts.push({ kind, ids: [id], names });
  }
  return toasts;
}

/** The sentence for a toast. */
export function toastText({ kind, names }: Toast): string {
  const face = faces[kind];
  const name = names[0] || t("people.nameless");
  if (face.many !== undefined && names.length > 1) return t(face.many, { name, count: names.length - 1 });
  return t(face.text, { name });
}

function ToastView({ toast }: { toast: Toast }): VNode {
  const { actions } = useStore();
  const { icon, weight } = faces[toast.kind];
  const key = toast.ids.join(" ");
  const dismiss = (): void => {
    for (const id of toast.ids) actions.dismissNotice(id);
  };
  useEffect(() => {
    const timer = setTimeout(dismiss, lifetime[weight]);
    return () => clearTimeout(timer);
  }, [key]);
  return (
    <li class={`toast ${weight}`}>
      <Icon name={icon} />
      <p>{toastText(toast)}</p>
      <button type="button" class="round" aria-label={t("notice.dismiss")} onClick={dismiss}>
        <Icon name="close" small />
      </button>
    </li>
  );
}

/** What the banner tells, for as long as it lasts: a toast would come when it is over. */
const saidByBanner: readonly Notice["kind"][] = ["reconnecting", "mediaRestarting"];

export function Notices(): VNode {
  const notices = useSelect((s) => s.notices);
  const banner = useBanner();
  const toasts = toToasts(notices.filter((notice) => !saidByBanner.includes(notice.kind)));
  const newest = notices[notices.length - 1];
  return (
    <>
      <ul class="toasts" aria-label={t("notice.list")}>
        {toasts.slice(-4).map((toast) => (
          <ToastView key={toast.ids[0]} toast={toast} />
        ))}
      </ul>
      <div class="hidden" role="status" aria-live="polite" data-live>
        {newest === undefined ? null : <p key={newest.id}>{toastText({ ids: [newest.id], kind: newest.kind, names: newest.names })}</p>}
        {banner === null ? null : <p key={banner}>{t(banner)}</p>}
      </div>
    </>
  );
}

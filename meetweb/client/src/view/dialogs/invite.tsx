/** The link that brings others here. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { roomLink } from "../kit/browser";
import { Dialog } from "../kit/dialog";
import { Note } from "../kit/parts";
import { useSelect } from "../store";

async function copy(text: string, fallback: HTMLInputElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    fallback?.select(); // without permission the text is at least marked for Ctrl+C
    return false;
  }
}

/** The address in a box, and a button that copies it. */
export function CopyLink({ room }: { room: string }): VNode {
  const [state, setState] = useState<"idle" | "copied" | "marked">("idle");
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), 3000);
    return () => clearTimeout(timer);
  }, [state]);
  const link = roomLink(room);
  const onCopy = async (event: Event): Promise<void> => {
    const row = (event.currentTarget as HTMLElement).parentElement;
    setState((await copy(link, row?.querySelector("input") ?? null)) ? "copied" : "marked");
  };
  return (
    <div class="copy-link">
      <div class="copy-row">
        <input class="field" readOnly value={link} aria-label={t("invite.link")} onFocus={(e) => e.currentTarget.select()} />
        <button type="button" class="primary" data-first onClick={(event) => void onCopy(event)}>
          <Icon name={state === "copied" ? "check" : "copy"} small />
          {t(state === "copied" ? "invite.copied" : "invite.copy")}
        </button>
      </div>
      <p class={state === "marked" ? "note" : "hidden"} role="status">
        {state === "marked" ? t("invite.marked") : state === "copied" ? t("invite.copied") : ""}
      </p>
    </div>
  );
}

function ShareButtons({ room }: { room: string }): VNode {
  const link = roomLink(room);
  const mail = `mailto:?subject=${encodeURIComponent(t("invite.mailSubject", { room }))}&body=${encodeURIComponent(t("invite.mailBody", { link }))}`;
  const canShare = "share" in navigator;
  return (
    <div class="dialog-actions start">
      <a class="secondary" href={mail}>
        {t("invite.mail")}
      </a>
      {canShare ? (
        <button
          type="button"
          class="secondary"
          // Closing the system's sheet without a choice is no error.
          onClick={() => void navigator.share({ title: room, url: link }).catch(() => undefined)}
        >
          {t("invite.share")}
        </button>
      ) : null}
    </div>
  );
}

export function InviteDialog({ room, onClose }: { room: string; onClose: () => void }): VNode {
  const locked = useSelect((s) => s.locked);
  return (
    <Dialog title={t("invite.title")} onClose={onClose}>
      <p class="muted">{t("invite.lead")}</p>
      <CopyLink room={room} />
      {locked ? <Note icon="lock">{t("invite.locked")}</Note> : null}
      <ShareButtons room={room} />
    </Dialog>
  );
}

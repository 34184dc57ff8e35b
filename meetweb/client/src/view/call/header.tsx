/** The line above the pictures: where one is, since when, and how it is protected. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { duration } from "../kit/format";
import { useNow } from "../kit/observe";
import { useSelect, useStore } from "../store";
import { toggleParticipants } from "./commands";

function Timer({ since }: { since: number }): VNode {
  const now = useNow(1000);
  return (
    <span class="chip timer" role="timer" aria-label={t("call.duration")}>
      {duration(now - since)}
    </span>
  );
}

function Hands(): VNode | null {
  const store = useStore();
  const hands = useSelect((s) => s.participants.filter((p) => p.handRaisedAt > 0).length + (s.local.handRaisedAt > 0 ? 1 : 0));
  if (hands === 0) return null;
  return (
    <button type="button" class="chip hands" aria-label={t("call.hands", { count: hands })} onClick={() => toggleParticipants(store)}>
      <Icon name="hand" small />
      {hands}
    </button>
  );
}

export function CallHeader({ room }: { room: string }): VNode {
  const { dialog } = useStore();
  const subject = useSelect((s) => s.subject);
  const since = useSelect((s) => s.startedAt);
  const locked = useSelect((s) => s.locked);
  const people = useSelect((s) => s.participants.length + 1);
  const title = subject || room;
  return (
    <header class="call-head">
      <Icon name="logo" />
      <h1 class="call-title truncate" title={title}>
        {title}
      </h1>
      {subject === "" || subject === room ? null : <span class="chip truncate wide-only">{room}</span>}
      {since > 0 ? <Timer since={since} /> : null}
      <span class="chip people-count wide-only">{t("call.count", { count: people })}</span>
      <Hands />
      <button
        type="button"
        class="chip protection"
        aria-label={locked ? t("call.encryptedLocked") : t("call.encrypted")}
        onClick={() => (dialog.value = { kind: "protection" })}
      >
        <Icon name={locked ? "lock" : "shield"} small />
        <span class="wide-only">{t("call.encrypted")}</span>
      </button>
    </header>
  );
}

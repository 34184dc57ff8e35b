/** Messages, gathered by who wrote them. */
import type { VNode } from "preact";
import { language, t } from "../../i18n";
import type { ChatMessage } from "../../model/state";
import { Icon } from "../icons";
import { clock } from "../kit/format";
import { useStore } from "../store";
import type { Group } from "./groups";
import { piecesOf } from "./links";

/** Who wrote, and to whom if not to all. */
export function headText({ from, displayName, privateWith }: ChatMessage): string {
  const name = displayName || t("people.nameless");
  if (from === "me") return privateWith ? t("chat.youTo", { name: privateWith.displayName || t("people.nameless") }) : t("people.you");
  return privateWith ? t("chat.onlyToYou", { name }) : name;
}

function Body({ text }: { text: string }): VNode {
  return (
    <p class="message-text" dir="auto">
      {piecesOf(text).map((piece, i) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ),
      )}
    </p>
  );
}

function Bubble({ message }: { message: ChatMessage }): VNode {
  return (
    <div class={message.failed ? "bubble failed" : "bubble"}>
      <Body text={message.text} />
      {message.failed ? (
        <p class="problem">
          <Icon name="warning" small />
          <span>{t("chat.notSent")}</span>
        </p>
      ) : null}
    </div>
  );
}

export function MessageGroup({ group }: { group: Group }): VNode {
  const { actions } = useStore();
  const { first } = group;
  const other = first.from === "me" ? undefined : first.privateWith;
  const look = `messages-of${first.from === "me" ? " mine" : ""}${first.privateWith ? " private" : ""}`;
  return (
    <li class={look}>
      <p class="message-head">
        {first.privateWith ? <Icon name="lock" small /> : null}
        <span class="truncate">{headText(first)}</span>
        <time dateTime={new Date(first.at).toISOString()}>{clock(first.at, language.value)}</time>
      </p>
      {group.messages.map((message) => (
        <Bubble key={message.id} message={message} />
      ))}
      {other === undefined ? null : (
        <button type="button" class="reply" onClick={() => actions.chatTo(other.id)}>
          {t("chat.reply")}
        </button>
      )}
    </li>
  );
}

/** The chat: read from above, written below. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { Panel } from "../kit/panel";
import { useSelect, useStore } from "../store";
import { Composer } from "./composer";
import { groupsOf } from "./groups";
import { MessageGroup } from "./message";

function Messages(): VNode {
  const { prefs } = useStore();
  const messages = useSelect((s) => s.chat.messages);
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const box = list.current;
    const mine = messages[messages.length - 1]?.from === "me";
    // Who reads further up stays there; who reads the end, or just wrote, follows.
    if (box && (atEnd.current || mine)) box.scrollTop = box.scrollHeight;
  }, [messages]);
  const onScroll = (): void => {
    const box = list.current;
    if (box) atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  };
  return (
    <div
      ref={list}
      class={`messages size-${prefs.value.chatSize}`}
      role="log"
      aria-label={t("chat.messages")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
      tabIndex={0}
      onScroll={onScroll}
    >
      {messages.length === 0 ? (
        <div class="empty">
          <Icon name="chat" />
          <p>{t("chat.empty")}</p>
        </div>
      ) : (
        <ol>
          {groupsOf(messages).map((group) => (
            <MessageGroup key={group.key} group={group} />
          ))}
        </ol>
      )}
    </div>
  );
}

export function ChatPanel(): VNode {
  const { actions } = useStore();
  return (
    <Panel title={t("chat.title")} look="chat-panel" opener="tool-chat" close={() => actions.openChat(false)}>
      <Messages />
      <Composer />
    </Panel>
  );
}

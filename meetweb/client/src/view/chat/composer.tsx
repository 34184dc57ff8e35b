/** Writing: to whom, what, send. Enter sends, Shift with Enter makes a new line. */
import type { TargetedKeyboardEvent, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { Select } from "../kit/parts";
import { useSelect, useStore } from "../store";

const longest = 2000;
/** From here on the remaining letters are counted. */
const countFrom = 200;

function Addressee(): VNode | null {
  const { actions } = useStore();
  const to = useSelect((s) => s.chat.to);
  const people = useSelect((s) => s.participants);
  if (people.length === 0 && to === null) return null;
  const gone = to !== null && !people.some((p) => p.id === to);
  return (
    <Select
      label={t("chat.to")}
      look={to === null ? "addressee" : "addressee is-private"}
      value={to ?? ""}
      change={(id) => actions.chatTo(id || null)}
    >
      <option value="">{t("chat.everybody")}</option>
      {people.map((p) => (
        <option key={p.id} value={p.id}>
          {t("chat.only", { name: p.displayName || t("people.nameless") })}
        </option>
      ))}
      {gone ? (
        <option value={to} disabled>
          {t("chat.gone")}
        </option>
      ) : null}
    </Select>
  );
}

export function Composer(): VNode {
  const { actions } = useStore();
  const to = useSelect((s) => s.chat.to);
  const name = useSelect((s) => s.participants.find((p) => p.id === s.chat.to)?.displayName);
  const offline = useSelect((s) => s.connection !== "connected");
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.setProperty("height", "auto"); // to measure what the text needs
    area.style.setProperty("height", `${area.scrollHeight + 3}px`);
  }, [text]);
  useEffect(() => field.current?.focus({ preventScroll: true }), [to]);
  const send = (): void => {
    const trimmed = text.trim();
    if (trimmed === "" || offline) return;
    actions.sendChat(trimmed);
    setText("");
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const label = to === null ? t("chat.placeholder") : t("chat.placeholderOnly", { name: name || t("people.nameless") });
  return (
    <form
      class={to === null ? "composer" : "composer is-private"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
        field.current?.focus();
      }}
    >
      <Addressee />
      <div class="composer-row">
        <textarea
          ref={field}
          class="field"
          rows={1}
          maxLength={longest}
          placeholder={label}
          aria-label={label}
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={onKeyDown}
          enterkeyhint="send"
          data-first
        />
        <button
          type="submit"
          class="send"
          aria-label={t("chat.send")}
          data-tip={t("chat.send")}
          aria-disabled={offline || text.trim() === ""}
        >
          <Icon name="send" />
        </button>
      </div>
      {offline ? <p class="note">{t("chat.offline")}</p> : null}
      {text.length > longest - countFrom ? <p class="note">{t("chat.left", { count: longest - text.length })}</p> : null}
    </form>
  );
}

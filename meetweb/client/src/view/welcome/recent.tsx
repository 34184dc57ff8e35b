/** The rooms this browser was in, each of which can be forgotten. */
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { language, t } from "../../i18n";
import { Icon } from "../icons";
import { roomLink } from "../kit/browser";
import { clock, day } from "../kit/format";
import { useSelect, useStore } from "../store";

/** `Tuesday, 52 min`; today by the clock. */
export function recentText(at: number, minutes: number, now: number): string {
  const when = day(at, now, language.value) ?? clock(at, language.value);
  return minutes < 1 ? when : t("welcome.recentEntry", { when, minutes });
}

/** So many are shown before one asks for all. */
const few = 5;

export function RecentRooms(): VNode | null {
  const { actions } = useStore();
  const rooms = useSelect((s) => s.recentRooms);
  const [all, showAll] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  if (rooms.length === 0) return null;
  const forget = (room: string, index: number): void => {
    actions.forgetRecentRoom(room);
    // The pressed button goes; the focus moves to what takes its place, else to the room field.
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll<HTMLElement>(".recent-forget") ?? [];
      const next = buttons[Math.min(index, buttons.length - 1)] ?? document.getElementById("room-name");
      next?.focus();
    });
  };
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{t("welcome.recent")}</h2>
      <ul ref={list}>
        {(all ? rooms : rooms.slice(0, few)).map(({ room, at, minutes }, index) => (
          <li key={room}>
            <a
              href={roomLink(room)}
              class="recent-room"
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                actions.openRoom(room);
              }}
            >
              <span class="truncate">{room}</span>
              <small class="muted">{recentText(at, minutes, Date.now())}</small>
            </a>
            <button
              type="button"
              class="round recent-forget"
              aria-label={t("welcome.forget", { room })}
              data-tip={t("welcome.forget", { room })}
              onClick={() => forget(room, index)}
            >
              <Icon name="close" small />
            </button>
          </li>
        ))}
      </ul>
      {all || rooms.length <= few ? null : (
        <button type="button" class="quiet" onClick={() => showAll(true)}>
          {t("welcome.allRecent", { count: rooms.length })}
        </button>
      )}
    </section>
  );
}

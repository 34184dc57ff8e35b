/** The first page: a name for a room, the rooms of before, and the table. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { language, t } from "../../i18n";
import { Icon } from "../icons";
import { Brand, Problem } from "../kit/parts";
import { useSelect, useStore } from "../store";
import { LanguageSwitch } from "./language";
import { roomNameProblem } from "./namecheck";
import { RecentRooms } from "./recent";
import { generateRoomName } from "./roomname";
import { Table } from "./table";

/** What is wrong with a name, in words; null when it is fine. */
function problemText(name: string): string | null {
  const problem = roomNameProblem(name);
  if (problem === null) return null;
  switch (problem.kind) {
    case "empty":
      return t("welcome.roomEmpty");
    case "characters":
      return t("welcome.roomCharacters", { characters: problem.characters });
    case "tooLong":
      return t("welcome.roomTooLong");
  }
}

function RoomForm({ name, change }: { name: string; change: (name: string) => void }): VNode {
  const { actions } = useStore();
  const [asked, setAsked] = useState(false);
  const problem = asked || name !== "" ? problemText(name) : null;
  const submit = (event: Event): void => {
    event.preventDefault();
    setAsked(true);
    if (problemText(name) === null) actions.openRoom(name.trim());
  };
  return (
    <form class="room-form" onSubmit={submit} noValidate>
      <label class="label" for="room-name">
        {t("welcome.roomLabel")}
      </label>
      <div class="room-form-row">
        <span class="with-button">
          <input
            id="room-name"
            class="field"
            value={name}
            onInput={(e) => change(e.currentTarget.value)}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            enterkeyhint="go"
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : "room-problem"}
          />
          <button
            type="button"
            class="round"
            aria-label={t("welcome.otherName")}
            data-tip={t("welcome.otherName")}
            onClick={() => change(generateRoomName(language.value))}
          >
            <Icon name="shuffle" />
          </button>
        </span>
        <button type="submit" class="primary">
          {t("welcome.go")}
        </button>
      </div>
      {problem === null ? null : <Problem id="room-problem">{problem}</Problem>}
    </form>
  );
}

export function Welcome(): VNode {
  const { dialog } = useStore();
  const recent = useSelect((s) => s.recentRooms);
  const [name, change] = useState(() => generateRoomName(language.value));
  return (
    <div class="welcome">
      <header class="page-head">
        <Brand />
        <nav class="page-tools" aria-label={t("welcome.tools")}>
          <LanguageSwitch />
          <button type="button" class="quiet" onClick={() => (dialog.value = { kind: "settings" })}>
            <Icon name="settings" small />
            <span>{t("settings.title")}</span>
          </button>
        </nav>
      </header>
      <main class="welcome-main">
        <div class="hero">
          <h1>{t("welcome.title")}</h1>
          <p class="lead">{t("welcome.lead")}</p>
          <RoomForm name={name} change={change} />
          <RecentRooms />
        </div>
        <div class="welcome-drawing">
          <Table rooms={recent.map((r) => r.room)} invited={name.trim() !== ""} />
        </div>
      </main>
      <footer class="page-foot">
        <button type="button" class="quiet" onClick={() => (dialog.value = { kind: "protection" })}>
          <Icon name="shield" small />
          {t("protection.title")}
        </button>
        <span class="muted">{t("welcome.free")}</span>
      </footer>
    </div>
  );
}

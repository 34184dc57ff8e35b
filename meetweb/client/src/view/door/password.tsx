/** The room has a password. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { PasswordField, Problem } from "../kit/parts";
import { useSelect, useStore } from "../store";
import { Padlock } from "./drawings";
import { DoorPage } from "./page";

export function PasswordPrompt({ room, wrong }: { room: string; wrong: boolean }): VNode {
  const { actions } = useStore();
  const screen = useSelect((s) => s.screen);
  const form = useRef<HTMLFormElement>(null);
  const [password, setPassword] = useState("");
  // Each refusal is a new screen value: the field is emptied and takes the focus again.
  useEffect(() => {
    if (!wrong) return;
    setPassword("");
    form.current?.querySelector("input")?.focus();
  }, [screen]);
  return (
    <DoorPage title={t("passwordPrompt.title")} drawing={<Padlock />}>
      <p class="room-chip truncate">{room}</p>
      <p class="lead">{t("passwordPrompt.lead")}</p>
      <form
        ref={form}
        class="door-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== "") actions.submitPassword(password);
        }}
      >
        <PasswordField
          label={t("passwordPrompt.label")}
          autocomplete="off"
          value={password}
          change={setPassword}
          invalid={wrong}
          describedBy={wrong ? "password-error" : undefined}
          first
        />
        {wrong ? <Problem id="password-error">{t("passwordPrompt.wrong")}</Problem> : null}
        <div class="door-actions">
          <button type="submit" class="primary">
            {t("prejoin.join")}
          </button>
          <button type="button" class="secondary" onClick={actions.leave}>
            {t("dialog.cancel")}
          </button>
        </div>
      </form>
    </DoorPage>
  );
}

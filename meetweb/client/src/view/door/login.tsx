/** The host's way in: user name and password, with an error for each way it can fail. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Key, t } from "../../i18n";
import type { LoginState } from "../../model/state";
import { Dialog } from "../kit/dialog";
import { PasswordField, Problem, Spinner } from "../kit/parts";
import { useStore } from "../store";

type LoginError = NonNullable<Extract<LoginState, { kind: "open" }>["error"]>;

const errors: Record<LoginError, Key> = {
  wrongCredentials: "login.wrongCredentials",
  notAllowed: "login.notAllowed",
  unreachable: "login.unreachable",
  tooManyAttempts: "login.tooManyAttempts",
};

export function LoginDialog({ room, login, onClose }: { room: string; login: LoginState; onClose: () => void }): VNode {
  const { actions } = useStore();
  const form = useRef<HTMLFormElement>(null);
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const busy = login.kind === "busy";
  const error = login.kind === "open" ? login.error : undefined;
  useEffect(() => {
    if (error === undefined) return;
    setPassword("");
    form.current?.querySelector<HTMLInputElement>("input[name=password]")?.focus();
  }, [login]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!busy && user.trim() !== "" && password !== "") actions.login(user.trim(), password);
  };
  return (
    <Dialog title={t("login.title")} onClose={onClose}>
      <form ref={form} class="dialog-form" onSubmit={submit}>
        <p class="muted">{t("login.lead", { room })}</p>
        <label class="label">
          {t("login.user")}
          <input
            class="field"
            name="username"
            autocomplete="username"
            autocapitalize="off"
            spellcheck={false}
            required
            value={user}
            onInput={(e) => setUser(e.currentTarget.value)}
            data-first
          />
        </label>
        <PasswordField
          label={t("login.password")}
          name="password"
          autocomplete="current-password"
          value={password}
          change={setPassword}
          invalid={error === "wrongCredentials"}
          describedBy={error === undefined ? undefined : "login-error"}
        />
        {error === undefined ? null : <Problem id="login-error">{t(errors[error])}</Problem>}
        <div class="dialog-actions">
          <button type="button" class="secondary" onClick={onClose}>
            {t("dialog.cancel")}
          </button>
          <button type="submit" class="primary" aria-disabled={busy}>
            {busy ? <Spinner /> : null}
            {busy ? t("login.busy") : t("login.submit")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

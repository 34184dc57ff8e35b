/** Before the room: how one will be seen and heard, under which name. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { Brand } from "../kit/parts";
import { useSelect, useStore } from "../store";
import { LanguageSwitch } from "../welcome/language";
import { DevicePickers } from "./devices";
import { MicrophoneCheck } from "./meter";
import { Preview } from "./preview";
import { DeviceProblems } from "./problems";

function JoinForm({ room }: { room: string }): VNode {
  const { actions } = useStore();
  const name = useSelect((s) => s.local.displayName);
  const account = useSelect((s) => s.local.account);
  const accountsNeeded = useSelect((s) => s.accountsNeeded);
  return (
    <form
      class="join-form"
      onSubmit={(event) => {
        event.preventDefault();
        actions.setDisplayName(name.trim());
        actions.join();
      }}
    >
      <h1 class="room-title">{room}</h1>
      <label class="label">
        {t("prejoin.name")}
        <input
          class="field"
          value={name}
          onInput={(e) => actions.setDisplayName(e.currentTarget.value)}
          placeholder={t("prejoin.namePlaceholder")}
          autocomplete="name"
          maxLength={80}
          enterkeyhint="go"
          data-first
        />
      </label>
      <MicrophoneCheck />
      <DeviceProblems />
      <button type="submit" class="primary">
        {t("prejoin.join")}
      </button>
      {account !== null ? <p class="muted centered">{t("prejoin.loggedIn", { account })}</p> : null}
      {account === null && accountsNeeded ? (
        <button type="button" class="quiet" onClick={() => actions.showLogin(true)}>
          <Icon name="key" small />
          {t("login.iAmHost")}
        </button>
      ) : null}
    </form>
  );
}

export function Prejoin({ room }: { room: string }): VNode {
  const { actions } = useStore();
  return (
    <div class="door-page">
      <header class="page-head">
        <Brand />
        <div class="page-tools">
          <LanguageSwitch />
          <button type="button" class="quiet" onClick={actions.goHome}>
            <Icon name="back" small />
            <span>{t("door.home")}</span>
          </button>
        </div>
      </header>
      <main class="prejoin">
        <div class="prejoin-look">
          <Preview />
          <DevicePickers compact />
        </div>
        <JoinForm room={room} />
      </main>
    </div>
  );
}

/** Settings: devices, name and language, on every page. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type Key, language, languages, setLanguage, t } from "../../i18n";
import { Icon, type IconName } from "../icons";
import { Dialog } from "../kit/dialog";
import { Video } from "../kit/media";
import { Select, Switch } from "../kit/parts";
import type { ChatSize } from "../prefs";
import { DevicePickers } from "../prejoin/devices";
import { LevelMeter } from "../prejoin/meter";
import { DeviceProblems } from "../prejoin/problems";
import { useSelect, useStore } from "../store";

type Tab = "devices" | "person" | "look";

const tabs: readonly { tab: Tab; label: Key; icon: IconName }[] = [
  { tab: "devices", label: "settings.devices", icon: "camera" },
  { tab: "person", label: "settings.person", icon: "person" },
  { tab: "look", label: "settings.look", icon: "language" },
];

const sizes: readonly { size: ChatSize; label: Key }[] = [
  { size: "normal", label: "settings.chatNormal" },
  { size: "large", label: "settings.chatLarge" },
  { size: "larger", label: "settings.chatLarger" },
];

function Devices(): VNode {
  const { prefs, changePrefs } = useStore();
  const stream = useSelect((s) => s.local.cameraStream);
  const microphone = useSelect((s) => s.local.microphone.on);
  return (
    <>
      {stream === null ? null : (
        <div class="settings-preview">
          <Video stream={stream} mirrored={prefs.value.mirror} />
        </div>
      )}
      <DevicePickers />
      {microphone ? <LevelMeter /> : null}
      <DeviceProblems />
      <Switch label={t("settings.mirror")} on={prefs.value.mirror} change={(mirror) => changePrefs({ mirror })} />
    </>
  );
}

function Person(): VNode {
  const { actions } = useStore();
  const name = useSelect((s) => s.local.displayName);
  const account = useSelect((s) => s.local.account);
  const [text, setText] = useState(name);
  return (
    <>
      <label class="label">
        {t("prejoin.name")}
        <input
          class="field"
          value={text}
          maxLength={80}
          autocomplete="name"
          placeholder={t("prejoin.namePlaceholder")}
          onInput={(e) => setText(e.currentTarget.value)}
          onChange={() => actions.setDisplayName(text.trim())}
        />
        <small>{t("settings.nameHint")}</small>
      </label>
      <p class="note">
        <Icon name="key" small />
        <span>{account === null ? t("settings.guest") : t("prejoin.loggedIn", { account })}</span>
      </p>
    </>
  );
}

function Look(): VNode {
  const { prefs, changePrefs } = useStore();
  return (
    <>
      <Select
        label={t("settings.language")}
        value={language.value}
        change={(code) => {
          const found = languages.find((l) => l.code === code);
          if (found) setLanguage(found.code);
        }}
      >
        {languages.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </Select>
      <fieldset class="choices">
        <legend>{t("settings.chatSize")}</legend>
        {sizes.map(({ size, label }) => (
          <label key={size} class={`choice size-${size}`}>
            <input type="radio" name="chat-size" checked={prefs.value.chatSize === size} onChange={() => changePrefs({ chatSize: size })} />
            <span>{t(label)}</span>
          </label>
        ))}
      </fieldset>
      <Switch label={t("shortcut.switch")} on={prefs.value.shortcuts} change={(shortcuts) => changePrefs({ shortcuts })} />
    </>
  );
}

/** Left and right move between tabs, as in every tab list. */
function moveTab(event: KeyboardEvent, tab: Tab, show: (tab: Tab) => void): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (by === 0) return;
  const at = tabs.findIndex((entry) => entry.tab === tab);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (!next) return;
  show(next.tab);
  document.getElementById(`tab-${next.tab}`)?.focus();
}

export function SettingsDialog({ onClose }: { onClose: () => void }): VNode {
  const [tab, show] = useState<Tab>("devices");
  return (
    <Dialog title={t("settings.title")} onClose={onClose} look="wide">
      <div class="tabs" role="tablist" aria-label={t("settings.title")} onKeyDown={(event) => moveTab(event, tab, show)}>
        {tabs.map((entry) => (
          <button
            key={entry.tab}
            id={`tab-${entry.tab}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={tab === entry.tab}
            aria-controls="tab-page"
            tabIndex={tab === entry.tab ? 0 : -1}
            data-first={tab === entry.tab ? "" : undefined}
            onClick={() => show(entry.tab)}
          >
            <Icon name={entry.icon} small />
            {t(entry.label)}
          </button>
        ))}
      </div>
      <div id="tab-page" class="tab-page" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "devices" ? <Devices /> : tab === "person" ? <Person /> : <Look />}
      </div>
    </Dialog>
  );
}

/** Which key does what. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { shortcuts } from "../call/shortcuts";
import { Dialog } from "../kit/dialog";
import { Switch } from "../kit/parts";
import { useStore } from "../store";

function Line({ keys, text }: { keys: readonly string[]; text: string }): VNode {
  return (
    <div class="shortcut">
      <dt>{text}</dt>
      <dd>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dd>
    </div>
  );
}

export function ShortcutsDialog({ onClose }: { onClose: () => void }): VNode {
  const { prefs, changePrefs } = useStore();
  return (
    <Dialog title={t("shortcut.title")} onClose={onClose}>
      <Switch label={t("shortcut.switch")} on={prefs.value.shortcuts} change={(on) => changePrefs({ shortcuts: on })} />
      <dl class="shortcuts">
        {shortcuts.map(({ keys, text }) => (
          <Line key={text} keys={keys} text={t(text)} />
        ))}
        <Line keys={[t("shortcut.space")]} text={t("shortcut.pushToTalk")} />
        <Line keys={["0"]} text={t("shortcut.pinSelf")} />
        <Line keys={["1 – 9"]} text={t("shortcut.pin")} />
        <Line keys={["Esc"]} text={t("shortcut.escape")} />
      </dl>
    </Dialog>
  );
}

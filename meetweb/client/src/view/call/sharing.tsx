/** While one shows one's screen: a line that says so, with the way to stop. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { useSelect, useStore } from "../store";

export function SharingBar(): VNode | null {
  const { actions } = useStore();
  const on = useSelect((s) => s.local.screen.on);
  if (!on) return null;
  return (
    <div class="banner calm sharing">
      <Icon name="screen" />
      <p>{t("call.sharing")}</p>
      <button type="button" class="secondary compact" onClick={() => actions.setScreen(false)}>
        {t("device.screenOff")}
      </button>
    </div>
  );
}

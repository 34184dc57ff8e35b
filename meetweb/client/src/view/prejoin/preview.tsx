/** Oneself, as the others will see it, and the two switches. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { DeviceButton } from "../kit/devicebutton";
import { Video } from "../kit/media";
import { Avatar } from "../kit/parts";
import { useSelect, useStore } from "../store";

function Picture(): VNode {
  const { prefs } = useStore();
  const stream = useSelect((s) => s.local.cameraStream);
  const name = useSelect((s) => s.local.displayName);
  const busy = useSelect((s) => s.local.camera.busy);
  if (stream) return <Video stream={stream} mirrored={prefs.value.mirror} />;
  return (
    <div class="preview-empty">
      <Avatar id={name} name={name} size="huge" />
      <p>{busy ? t("prejoin.cameraStarting") : t("prejoin.cameraOff")}</p>
    </div>
  );
}

export function Preview(): VNode {
  const { dialog } = useStore();
  return (
    <section class="preview" aria-label={t("prejoin.preview")}>
      <Picture />
      <div class="preview-buttons">
        <DeviceButton device="microphone" />
        <DeviceButton device="camera" />
        <button
          type="button"
          class="tool preview-settings"
          aria-label={t("settings.title")}
          data-tip={t("settings.title")}
          onClick={() => (dialog.value = { kind: "settings" })}
        >
          <Icon name="settings" />
        </button>
      </div>
    </section>
  );
}

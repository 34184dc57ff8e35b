/** How a conversation is protected, in plain words and without promising more than is true. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon, type IconName } from "../icons";
import { Dialog } from "../kit/dialog";

export function ProtectionDialog({ onClose }: { onClose: () => void }): VNode {
  const points: readonly { icon: IconName; title: string; text: string }[] = [
    { icon: "shield", title: t("protection.wayTitle"), text: t("protection.way") },
    { icon: "eyeOff", title: t("protection.traceTitle"), text: t("protection.trace") },
    { icon: "lock", title: t("protection.doorTitle"), text: t("protection.door") },
  ];
  return (
    <Dialog title={t("protection.title")} onClose={onClose}>
      <ul class="points">
        {points.map(({ icon, title, text }) => (
          <li key={icon}>
            <Icon name={icon} />
            <div>
              <h3>{title}</h3>
              <p class="muted">{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

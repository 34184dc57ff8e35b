/** Instead of everything else, where the page cannot work: why, and what helps. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import type { Obstacle } from "../../model/obstacle";
import { ClosedDoor, Snapped } from "./drawings";
import { DoorPage } from "./page";

export function ObstaclePage({ obstacle }: { obstacle: Obstacle }): VNode {
  switch (obstacle) {
    case "insecure":
      return (
        <DoorPage title={t("obstacle.insecure")} drawing={<ClosedDoor />}>
          <p class="lead">{t("obstacle.insecureLead")}</p>
          <div class="door-actions">
            <a class="primary" href={location.href.replace(/^http:/, "https:")}>
              {t("obstacle.openSecurely")}
            </a>
          </div>
        </DoorPage>
      );
    case "browser":
      return (
        <DoorPage title={t("obstacle.browser")} drawing={<ClosedDoor />}>
          <p class="lead">{t("obstacle.browserLead")}</p>
        </DoorPage>
      );
    case "config":
      return (
        <DoorPage title={t("obstacle.config")} drawing={<Snapped />}>
          <p class="lead">{t("obstacle.configLead")}</p>
          <div class="door-actions">
            <button type="button" class="primary" onClick={() => location.reload()}>
              {t("left.tryAgain")}
            </button>
          </div>
        </DoorPage>
      );
  }
}

/** Joining, and waiting until somebody comes who may start the room. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { Spinner } from "../kit/parts";
import { useStore } from "../store";
import { Seats } from "./drawings";
import { DoorPage } from "./page";

export function Joining({ room }: { room: string }): VNode {
  const { actions } = useStore();
  return (
    <DoorPage title={t("joining.title", { room })} drawing={<Seats guests={0} />} brief>
      <p class="status" role="status">
        <Spinner />
        {t("joining.lead")}
      </p>
      <div class="door-actions">
        <button type="button" class="secondary" onClick={actions.leave}>
          {t("dialog.cancel")}
        </button>
      </div>
    </DoorPage>
  );
}

export function WaitingForHost({ room }: { room: string }): VNode {
  const { actions } = useStore();
  return (
    <DoorPage title={t("waiting.title")} drawing={<Seats guests={1} />}>
      <p class="room-chip truncate">{room}</p>
      <p class="lead">{t("waiting.lead")}</p>
      <p class="status" role="status">
        <Spinner />
        {t("waiting.status")}
      </p>
      <div class="door-actions">
        <button type="button" class="primary" onClick={() => actions.showLogin(true)}>
          <Icon name="key" small />
          {t("login.iAmHost")}
        </button>
        <button type="button" class="secondary" onClick={actions.leave}>
          {t("waiting.cancel")}
        </button>
      </div>
    </DoorPage>
  );
}

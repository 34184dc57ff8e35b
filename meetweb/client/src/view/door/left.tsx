/** After the room: why, and the way back. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import type { LeftReason } from "../../model/state";
import { Icon } from "../icons";
import { useStore } from "../store";
import { ClosedDoor, Seats, Snapped } from "./drawings";
import { DoorPage } from "./page";

interface LeftText {
  title: string;
  lead: string;
  /** What the moderator or the server wrote. */
  quote?: string | undefined;
  rejoin: boolean;
  drawing: VNode;
}

const farewell = <Seats guests={0} farewell />;

/** Title and explanation for each way a conference can end. */
export function leftText(reason: LeftReason): LeftText {
  switch (reason.kind) {
    case "hungUp":
      return { title: t("left.hungUp"), lead: t("left.hungUpLead"), rejoin: true, drawing: farewell };
    case "kicked": {
      const lead = reason.by === undefined ? t("left.kickedLead") : t("left.kickedBy", { name: reason.by });
      return { title: t("left.kicked"), lead, quote: reason.text, rejoin: false, drawing: <ClosedDoor /> };
    }
    case "roomClosed":
      return { title: t("left.roomClosed"), lead: t("left.roomClosedLead"), quote: reason.text, rejoin: false, drawing: farewell };
    case "connectionLost":
      return { title: t("left.connectionLost"), lead: t("left.connectionLostLead"), rejoin: true, drawing: <Snapped /> };
    case "roomFull":
      return { title: t("left.roomFull"), lead: t("left.roomFullLead"), rejoin: true, drawing: <Seats guests={2} /> };
    case "notAllowed":
      return { title: t("left.notAllowed"), lead: t("left.notAllowedLead"), quote: reason.text, rejoin: true, drawing: <ClosedDoor /> };
    case "serverStopped":
      return { title: t("left.serverStopped"), lead: t("left.serverStoppedLead"), rejoin: true, drawing: <Snapped /> };
    case "failed":
      return { title: t("left.failed"), lead: t("left.failedLead"), quote: reason.text, rejoin: true, drawing: <Snapped /> };
  }
}

export function Left({ room, reason }: { room: string; reason: LeftReason }): VNode {
  const { actions } = useStore();
  const text = leftText(reason);
  const rejoinLabel = reason.kind === "hungUp" ? t("left.rejoin") : t("left.tryAgain");
  return (
    <DoorPage title={text.title} drawing={text.drawing}>
      <p class="room-chip truncate">{room}</p>
      <p class="lead">{text.lead}</p>
      {text.quote ? <blockquote class="quote">{text.quote}</blockquote> : null}
      <div class="door-actions">
        {text.rejoin ? (
          <button type="button" class="primary" onClick={actions.join}>
            {rejoinLabel}
          </button>
        ) : null}
        <button type="button" class={text.rejoin ? "secondary" : "primary"} onClick={actions.goHome}>
          <Icon name="back" small />
          {t("door.home")}
        </button>
      </div>
    </DoorPage>
  );
}

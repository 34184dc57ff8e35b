/** One large, the others small beside it (below it on a telephone). */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { useStore } from "../store";
import type { Seat } from "./seats";
import { Tile } from "./tile";

export function SpeakerView({ seats, stage }: { seats: readonly Seat[]; stage: Seat | undefined }): VNode {
  const { prefs } = useStore();
  const film = seats.length > 1 && prefs.value.filmStrip;
  return (
    <div class={film ? "speaker-view" : "speaker-view no-film"}>
      <section class="stage" aria-label={t("call.stage")}>
        {stage === undefined ? null : <Tile key={stage.key} seat={stage} stage />}
      </section>
      {film ? (
        <ul class="film" aria-label={t("call.people")}>
          {seats.map((seat) => (
            <li key={seat.key} class={seat.key === stage?.key ? "thumb current" : "thumb"}>
              <Tile seat={seat} small />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

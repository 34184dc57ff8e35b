/** The place of the pictures: tiles or speaker view, or the invitation while one is alone. */
import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { CopyLink } from "../dialogs/invite";
import { useSelect, useStore } from "../store";
import { onStage, type Seat, sameSeats, seatsOf } from "./seats";
import { SpeakerView } from "./speaker";
import { Tile } from "./tile";
import { Tiles } from "./tiles";
import { createReporter, ReporterContext } from "./visibility";

/** The seats, as the same array while they are the same. */
function useSeats(): readonly Seat[] {
  const { state } = useStore();
  const last = useRef<readonly Seat[]>([]);
  return useComputed(() => {
    const next = seatsOf(state.value);
    if (!sameSeats(last.current, next)) last.current = next;
    return last.current;
  }).value;
}

/** Who is large; remembers who was, so that silence changes nothing. */
function useStage(): Seat | undefined {
  const { state } = useStore();
  const previous = useRef<string | null>(null);
  const found = useRef<Seat | undefined>(undefined);
  return useComputed(() => {
    const next = onStage(seatsOf(state.value), state.value, previous.current);
    previous.current = next?.key ?? null;
    if (next?.key !== found.current?.key) found.current = next;
    return found.current;
  }).value;
}

/** A screen is there to be read: when somebody begins to show one, it takes the stage; afterwards everything is as before. */
function useScreensTakeTheStage(): void {
  const { actions, state } = useStore();
  const shared = useSelect((s) => s.participants.some((p) => p.videos.some((v) => v.kind === "desktop" && !v.muted)));
  const switched = useRef(false);
  useEffect(() => {
    const { layout } = state.value;
    if (shared && layout === "tiles") {
      switched.current = true;
      actions.setLayout("speaker");
    } else if (!shared && switched.current) {
      switched.current = false;
      if (layout === "speaker" && state.value.pinned === null) actions.setLayout("tiles");
    }
  }, [shared]);
}

function Alone({ own, room }: { own: Seat; room: string }): VNode {
  return (
    <div class="alone">
      <div class="alone-tile">
        <Tile seat={own} />
      </div>
      <div class="alone-text">
        <h2>{t("alone.title")}</h2>
        <p class="muted">{t("alone.lead")}</p>
        <CopyLink room={room} />
      </div>
    </div>
  );
}

export function Stage({ room }: { room: string }): VNode {
  const { actions } = useStore();
  const reporter = useMemo(() => createReporter(actions.setVisible), [actions]);
  useEffect(() => () => reporter.stop(), [reporter]);
  useScreensTakeTheStage();
  const seats = useSeats();
  const stage = useStage();
  const layout = useSelect((s) => s.layout);
  // While the room is entered anew, who else is in it is not known.
  const inside = useSelect((s) => s.local.id !== null);
  // Alone one sees oneself, or what one is about to show.
  const own = inside && seats.every((seat) => seat.local) ? seats.at(-1) : undefined;
  const view =
    own !== undefined ? (
      <Alone own={own} room={room} />
    ) : layout === "tiles" ? (
      <Tiles seats={seats} />
    ) : (
      <SpeakerView seats={seats} stage={stage} />
    );
  return <ReporterContext.Provider value={reporter}>{view}</ReporterContext.Provider>;
}

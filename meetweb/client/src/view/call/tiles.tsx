/** Everybody, equally large. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { useSize } from "../kit/observe";
import { bestGrid } from "./grid";
import type { Seat } from "./seats";
import { Tile } from "./tile";

export function Tiles({ seats }: { seats: readonly Seat[] }): VNode {
  const ref = useRef<HTMLDivElement>(null);
  const size = useSize(ref);
  const grid = bestGrid(seats.length, size);
  return (
    <section
      ref={ref}
      class={grid.scrolls ? "tiles scrolls" : "tiles"}
      aria-label={t("call.people")}
      style={{
        "--tile-width": `${grid.tileWidth}px`,
        "--tile-height": `${grid.tileHeight}px`,
        "--tiles-width": `${grid.columns * grid.tileWidth + (grid.columns - 1) * 8}px`,
      }}
    >
      <div class="tiles-inner">
        {seats.map((seat) => (
          <Tile key={seat.key} seat={seat} />
        ))}
      </div>
    </section>
  );
}

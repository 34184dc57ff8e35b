/** The drawing of a table seen from above, whose seats fill with the rooms this browser knows. The one place for charm; it says nothing new. */
import type { VNode } from "preact";
import { hueOf, initialsOf } from "../kit/identity";

const seats = 8;

/** Where people sit down first: opposite each other, not in a row. */
const order = [6, 3, 0, 5, 1, 7, 2, 4];

/** Drawn for the seat at twelve o'clock, the table's middle being at 0, 0. */
function Chair(): VNode {
  return (
    <g class="chair">
      <rect x="-31" y="-190" width="62" height="62" rx="16" />
      <path class="back" d="M-34-189c14-15 54-15 68 0" />
    </g>
  );
}

function Sitter({ name }: { name: string }): VNode {
  return (
    <g class="sitter" style={{ "--hue": hueOf(name) }}>
      <path class="arm" d="M-33-168c-5 22 6 38 22 50M33-168c5 22-6 38-22 50" />
      <rect x="-42" y="-187" width="84" height="36" rx="18" />
      <circle cy="-167" r="19" class="head" />
    </g>
  );
}

/** A mug, handle to the right. */
function Mug(): VNode {
  return (
    <g class="mug">
      <path d="M10-104c9-1 9 13 0 12" />
      <circle cy="-98" r="12" />
      <circle cy="-98" r="8.5" class="drink" />
    </g>
  );
}

function Wood(): VNode {
  return (
    <g>
      <circle r="134" class="table-edge" />
      <circle r="128" class="table-top" />
      <g class="grain">
        <path d="M-118-48c70 10 150-8 236 0M-127-12c60-8 170 12 254 0M-125 26c80 10 170-10 250 0M-110 66c70-8 140 8 220 0M-88-92c60 8 110-6 176 0M-76 102c50 6 100-6 152 0" />
      </g>
      <circle r="62" class="glow" />
      <circle r="46" class="glow inner" />
    </g>
  );
}

/** The sign that a Stammtisch has in its middle, with our sign on it. */
function Sign(): VNode {
  return (
    <g class="sign">
      <rect x="-25" y="-25" width="50" height="50" rx="13" />
      <circle r="8.5" />
      <path d="M-5-16.2a17 17 0 0 1 10 0M16.2-5a17 17 0 0 1 0 10M5 16.2a17 17 0 0 1-10 0M-16.2 5a17 17 0 0 1 0-10" />
    </g>
  );
}

/** Degrees from twelve o'clock; no seat is exactly at the top, so that the drawing looks round. */
const angleOf = (seat: number): number => (seat * 360) / seats + 22.5;
const turn = (seat: number): string => `rotate(${angleOf(seat)})`;

export function Table({ rooms, invited }: { rooms: readonly string[]; invited: boolean }): VNode {
  const taken = new Map(rooms.slice(0, seats - 1).map((room, i) => [order[i] ?? 0, room]));
  const mine = order[Math.min(rooms.length, seats - 1)] ?? 0;
  return (
    <svg class="table-drawing" viewBox="-230 -230 460 460" aria-hidden="true" focusable="false">
      {order.map((seat) => (
        <g key={seat} transform={turn(seat)} class={seat === mine && invited ? "place own" : "place"}>
          <Chair />
        </g>
      ))}
      <Wood />
      {order.map((seat) => {
        const room = taken.get(seat);
        const own = seat === mine && invited;
        if (room === undefined && !own) return null;
        return (
          <g key={seat} transform={turn(seat)} class={own ? "own" : ""}>
            <Mug />
            {room === undefined ? null : <Sitter name={room} />}
          </g>
        );
      })}
      <Sign />
      {[...taken].map(([i, room]) => {
        const angle = angleOf(i) * (Math.PI / 180);
        return (
          <text key={room} x={167 * Math.sin(angle)} y={-167 * Math.cos(angle)} class="sitter-letter" text-anchor="middle" dy="0.35em">
            {initialsOf(room).slice(0, 1)}
          </text>
        );
      })}
    </svg>
  );
}

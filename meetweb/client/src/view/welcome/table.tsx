/** The drawing of a table seen from above, whose seats fill with the rooms this browser knows. The one place for charm; it says nothing new. */
import type { VNode } from "preact";
import { hueOf, initialsOf } from "../kit/identity";

const seats = 8;

/** Where people sit down first: opposite each other, not in a row. */
const order = [0, 3, 6, 1, 4, 7, 2, 5];

function Chair(): VNode {
  return (
    <g class="chair">
      <rect x="-33" y="-203" width="66" height="52" rx="20" />
      <path d="M-30-193c16-13 44-13 60 0" />
    </g>
  );
}

function Sitter({ name }: { name: string }): VNode {
  return (
    <g class="sitter" style={{ "--hue": hueOf(name) }}>
      <ellipse cx="0" cy="-172" rx="38" ry="22" />
      <path class="arm" d="M-31-165c-3 14-2 22 6 29M31-165c3 14 2 22-6 29" />
      <circle cx="0" cy="-176" r="19" class="head" />
    </g>
  );
}

/** A mug, handle to the right. */
function Mug(): VNode {
  return (
    <g class="mug">
      <path d="M12-104c8 0 8 11 0 11" />
      <circle cx="2" cy="-98" r="11" />
      <circle cx="2" cy="-98" r="7.5" class="drink" />
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
      <path d="M-5-16h10M-5 16h10M-16-5v10M16-5v10" />
    </g>
  );
}

export function Table({ rooms, invited }: { rooms: readonly string[]; invited: boolean }): VNode {
  const taken = new Map(rooms.slice(0, seats - 1).map((room, i) => [order[i] ?? 0, room]));
  const mine = order[Math.min(rooms.length, seats - 1)] ?? 0;
  return (
    <svg class="table-drawing" viewBox="-230 -230 460 460" aria-hidden="true" focusable="false">
      {order.map((_, i) => {
        const room = taken.get(i);
        const own = i === mine && invited;
        return (
          <g key={i} transform={`rotate(${(i * 360) / seats + 22.5})`} class={own ? "place own" : "place"}>
            <Chair />
            {room === undefined ? null : <Sitter name={room} />}
          </g>
        );
      })}
      <Wood />
      {order.map((_, i) => {
        const room = taken.get(i);
        const own = i === mine && invited;
        if (room === undefined && !own) return null;
        return (
          <g key={i} transform={`rotate(${(i * 360) / seats + 22.5})`} class={own ? "own" : ""}>
            <Mug />
          </g>
        );
      })}
      <Sign />
      {[...taken].map(([i, room]) => {
        const angle = ((i * 360) / seats + 22.5) * (Math.PI / 180);
        return (
          <text key={room} x={176 * Math.sin(angle)} y={-176 * Math.cos(angle)} class="sitter-letter" text-anchor="middle" dy="0.35em">
            {initialsOf(room).slice(0, 1)}
          </text>
        );
      })}
    </svg>
  );
}

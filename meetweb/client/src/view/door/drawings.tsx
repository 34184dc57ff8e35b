/** Line drawings for the pages between: a table from the side with its stools, a padlock, a closed door, a cable that came out. Decorative. */
import type { ComponentChildren, VNode } from "preact";

function Drawing({ children }: { children: ComponentChildren }): VNode {
  return (
    <svg class="drawing" viewBox="0 0 240 150" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

function TableSide(): VNode {
  return (
    <g>
      <path class="ground" d="M18 138h204" />
      <path class="leg" d="M120 84v50M92 138c8-6 48-6 56 0" />
      <rect class="top" x="66" y="74" width="108" height="11" rx="5.5" />
    </g>
  );
}

function Stool({ x }: { x: number }): VNode {
  return (
    <g transform={`translate(${x} 0)`}>
      <rect class="seat" x="-21" y="98" width="42" height="8" rx="4" />
      <path class="leg" d="M-14 106l-4 32M14 106l4 32M-16 124h32" />
    </g>
  );
}

function Guest({ x }: { x: number }): VNode {
  return (
    <g transform={`translate(${x} 0)`} class="guest">
      <circle cx="0" cy="40" r="13" />
      <path d="M-17 99c0-26 4-41 17-41s17 15 17 41z" />
      <path class="thigh" d={`M0 94h${x < 120 ? 16 : -16}v38`} />
    </g>
  );
}

function Lamp(): VNode {
  return (
    <g>
      <path class="ray" d="M92 74l14-44h28l14 44z" />
      <path class="leg" d="M120 0v16" />
      <path class="shade" d="M104 30a16 14 0 0 1 32 0z" />
    </g>
  );
}

/** The table with as many guests as are already there; after the talk only an empty mug. */
export function Seats({ guests, farewell }: { guests: number; farewell?: boolean }): VNode {
  return (
    <Drawing>
      {farewell ? null : <Lamp />}
      <Stool x={38} />
      <Stool x={202} />
      {guests > 0 ? <Guest x={38} /> : null}
      {guests > 1 ? <Guest x={202} /> : null}
      <TableSide />
      <g class="cup">
        <path d="M94 60h14v14h-14zM108 63c5 0 5 8 0 8" />
        {farewell ? <path d="M132 60h14v14h-14zM146 63c5 0 5 8 0 8" /> : null}
      </g>
    </Drawing>
  );
}

export function Padlock(): VNode {
  return (
    <Drawing>
      <path class="ground" d="M58 138h124" />
      <path class="leg" d="M98 70V50a22 22 0 0 1 44 0v20" />
      <rect class="top" x="82" y="68" width="76" height="62" rx="14" />
      <circle class="hole" cx="120" cy="94" r="7" />
      <path class="hole-line" d="M120 100v12" />
    </Drawing>
  );
}

export function ClosedDoor(): VNode {
  return (
    <Drawing>
      <path class="ground" d="M58 138h124" />
      <rect class="seat" x="80" y="14" width="80" height="124" rx="6" />
      <rect class="top" x="88" y="22" width="64" height="116" rx="3" />
      <path class="panel-line" d="M100 36h40v32h-40zM100 82h40v40h-40z" />
      <circle class="knob" cx="143" cy="76" r="4" />
    </Drawing>
  );
}

export function Snapped(): VNode {
  return (
    <Drawing>
      <path class="leg" d="M8 100c30 0 34-34 66-34" />
      <rect class="top" x="72" y="52" width="26" height="28" rx="8" />
      <path class="leg" d="M98 60h10M98 72h10" />
      <path class="leg" d="M232 52c-30 0-30 34-58 34" />
      <rect class="seat" x="146" y="72" width="28" height="28" rx="8" />
      <path class="spark" d="M120 44l-4-12M130 48l6-10M124 104l4 12" />
    </Drawing>
  );
}

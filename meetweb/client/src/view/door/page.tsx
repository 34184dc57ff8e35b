/** The frame of every page between pre-join and the room, and after it: one thing said, one thing to do next. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Brand } from "../kit/parts";

interface DoorProps {
  title: string;
  drawing?: VNode;
  /** Usually over before it can be read: seen only when it lasts. */
  brief?: boolean;
  children: ComponentChildren;
}

export function DoorPage({ title, drawing, brief, children }: DoorProps): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  // The page came by itself, so that it is read from its heading on; a form on it takes the focus instead.
  useEffect(() => {
    const first = heading.current?.parentElement?.querySelector<HTMLElement>("[data-first]");
    (first ?? heading.current)?.focus();
  }, [title]);
  return (
    <div class="door-page">
      <header class="page-head">
        <Brand />
      </header>
      <main class={brief ? "door brief" : "door"}>
        {drawing === undefined ? null : <div class="door-drawing">{drawing}</div>}
        <div class="door-text">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {children}
        </div>
      </main>
    </div>
  );
}

/** A button that opens a list of commands: a pop-up beside the button, a drawer from below on narrow screens. Arrow keys, Home, End, Escape. */
import type { ComponentChildren, TargetedKeyboardEvent, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "../icons";

export interface Command {
  icon: IconName;
  label: string;
  danger?: boolean;
  /** Set on switches. */
  checked?: boolean;
  run: () => void;
}

interface MenuProps {
  label: string;
  /** What the button shows. */
  button: ComponentChildren;
  buttonClass: string;
  commands: readonly Command[];
  /** `grid`: labels under icons. */
  look?: "list" | "grid";
  title?: string;
  /** Shown above the commands, such as a volume slider. */
  children?: ComponentChildren;
}

function step(items: readonly HTMLElement[], key: string): HTMLElement | undefined {
  const at = items.indexOf(document.activeElement as HTMLElement);
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return items[(at + 1) % items.length];
    case "ArrowUp":
    case "ArrowLeft":
      return items[(at - 1 + items.length) % items.length];
    case "Home":
      return items[0];
    case "End":
      return items[items.length - 1];
    default:
      return undefined;
  }
}

/** Puts a pop-up of fixed position beside its button, inside the window. */
function place(popup: HTMLElement, button: HTMLElement): void {
  const gap = 8;
  const anchor = button.getBoundingClientRect();
  const size = popup.getBoundingClientRect();
  const above = anchor.top - gap - size.height;
  const below = anchor.bottom + gap;
  const top = below + size.height <= innerHeight - gap ? below : Math.max(gap, above);
  const left = Math.min(Math.max(gap, anchor.left + anchor.width / 2 - size.width / 2), innerWidth - size.width - gap);
  popup.style.setProperty("--top", `${Math.round(top)}px`);
  popup.style.setProperty("--left", `${Math.round(left)}px`);
}

function MenuPopup({ props, anchor, close }: { props: MenuProps; anchor: HTMLElement; close: (refocus: boolean) => void }): VNode {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const popup = ref.current;
    if (!popup) return;
    popup.showPopover(); // above everything, not cut by the tile whose menu it is
    place(popup, anchor);
    popup.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
  }, []);
  useEffect(() => {
    const scope = new AbortController();
    const outside = (event: Event): void => {
      const target = event.target as Node;
      if (!ref.current?.contains(target) && !anchor.contains(target)) close(false);
    };
    document.addEventListener("pointerdown", outside, { signal: scope.signal });
    document.addEventListener("focusin", outside, { signal: scope.signal });
    window.addEventListener("resize", () => close(false), { signal: scope.signal });
    return () => scope.abort();
  }, []);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const closes = event.key === "Escape" || (event.key === "Tab" && props.children === undefined);
    if (closes) {
      close(true);
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if ((event.target as HTMLElement).tagName === "INPUT") return; // a slider has its own arrows
    const next = step([...event.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]")], event.key);
    if (!next) return;
    next.focus();
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys are handled for the menu and the slider above it alike.
    <div ref={ref} class={`menu ${props.look ?? "list"}`} popover="manual" onKeyDown={onKeyDown}>
      {props.title === undefined ? null : <p class="menu-title truncate">{props.title}</p>}
      {props.children}
      <div role="menu" aria-label={props.label} class="menu-items">
        {props.commands.map((command) => (
          <MenuItem key={command.label} command={command} close={close} />
        ))}
      </div>
    </div>
  );
}

function MenuItem({ command, close }: { command: Command; close: (refocus: boolean) => void }): VNode {
  const { icon, label, checked } = command;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is there only on the role that has it.
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemcheckbox"}
      aria-checked={checked}
      tabIndex={-1}
      class={command.danger ? "menu-item is-danger" : "menu-item"}
      onClick={() => {
        close(true);
        command.run();
      }}
    >
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

/** The button and, while it is open, its commands. */
export function Menu(props: MenuProps): VNode {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = (refocus: boolean): void => {
    setOpen(false);
    if (refocus) ref.current?.focus();
  };
  return (
    <>
      <button
        type="button"
        ref={ref}
        class={props.buttonClass}
        aria-label={props.label}
        data-tip={props.label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      {open && ref.current ? <MenuPopup props={props} anchor={ref.current} close={close} /> : null}
    </>
  );
}

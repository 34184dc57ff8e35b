/** Single keys during a call. Never while typing, never in a dialog or menu, never with Ctrl, Alt or the command key. */
import { useEffect } from "preact/hooks";
import type { Key } from "../../i18n";
import { toggleDevice } from "../kit/devicebutton";
import { type Store, useStore } from "../store";
import { canShareScreen, pinByDigit, toggleChat, toggleFullscreen, toggleHand, toggleLayout, toggleParticipants } from "./commands";

interface Shortcut {
  keys: readonly string[];
  text: Key;
  run: (store: Store) => void;
}

/** In the order of the help page. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ["M"], text: "shortcut.microphone", run: (s) => toggleDevice(s, "microphone") },
  { keys: ["V"], text: "shortcut.camera", run: (s) => toggleDevice(s, "camera") },
  {
    keys: ["D"],
    text: "shortcut.screen",
    run: (s) => {
      if (canShareScreen()) toggleDevice(s, "screen");
    },
  },
  { keys: ["C"], text: "shortcut.chat", run: toggleChat },
  { keys: ["P"], text: "shortcut.people", run: toggleParticipants },
  { keys: ["R"], text: "shortcut.hand", run: toggleHand },
  { keys: ["T", "W"], text: "shortcut.layout", run: toggleLayout },
  { keys: ["F"], text: "shortcut.film", run: (s) => s.changePrefs({ filmStrip: !s.prefs.value.filmStrip }) },
  { keys: ["S"], text: "shortcut.fullscreen", run: toggleFullscreen },
  {
    keys: ["?"],
    text: "shortcut.help",
    run: (s) => {
      s.dialog.value = { kind: "shortcuts" };
    },
  },
];

const typing = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=menu]";

function elsewhere(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.defaultPrevented ||
    event.isComposing ||
    (target instanceof Element && target.closest(typing) !== null) ||
    document.querySelector("dialog[open]") !== null
  );
}

/** Holding the space bar is speaking; letting go always mutes. On a control that has the focus, Space belongs to the control. */
function pushToTalk(store: Store, event: KeyboardEvent): void {
  if (event.target instanceof Element && event.target.closest("button, a, [role=button], label") !== null) return;
  event.preventDefault();
  if (!event.repeat) store.actions.setMicrophone(true);
}

function press(store: Store, event: KeyboardEvent): void {
  if (elsewhere(event)) return;
  if (event.key === " ") {
    pushToTalk(store, event);
    return;
  }
  if (event.repeat) return;
  if (/^[0-9]$/.test(event.key)) {
    event.preventDefault();
    pinByDigit(store, Number(event.key));
    return;
  }
  const found = shortcuts.find((s) => s.keys.includes(event.key.toUpperCase()));
  if (!found) return;
  event.preventDefault(); // the letter must not land in the field that the command opens
  found.run(store);
}

/** Listens for as long as the component is there, unless the user switched shortcuts off. */
export function useShortcuts(): void {
  const store = useStore();
  useEffect(() => {
    const scope = new AbortController();
    let talking = false;
    const down = (event: KeyboardEvent): void => {
      if (store.prefs.value.shortcuts) press(store, event);
      if (event.key === " " && event.defaultPrevented) talking = true;
    };
    const hush = (): void => {
      if (!talking) return;
      talking = false;
      store.actions.setMicrophone(false);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === " ") hush();
    };
    document.addEventListener("keydown", down, { signal: scope.signal });
    document.addEventListener("keyup", up, { signal: scope.signal });
    // In another window the key is let go unheard.
    window.addEventListener("blur", hush, { signal: scope.signal });
    return () => scope.abort();
  }, [store]);
}

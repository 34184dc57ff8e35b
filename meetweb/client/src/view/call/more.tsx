/** What is under "more": first what did not fit into the toolbar, then the rarer things. */
import { t } from "../../i18n";
import { toggleDevice } from "../kit/devicebutton";
import type { Command } from "../kit/menu";
import { type DialogState, useSelect, useStore } from "../store";
import { toggleChat, toggleFullscreen, toggleHand, toggleLayout, toggleParticipants } from "./commands";
import type { Tool } from "./toolbarfit";

function useHiddenTools(hidden: readonly Tool[]): Command[] {
  const store = useStore();
  const local = useSelect((s) => s.local);
  const tiles = useSelect((s) => s.layout === "tiles");
  const all: Record<Tool, Command> = {
    microphone: {
      icon: "microphone",
      label: t("device.microphone"),
      checked: local.microphone.on,
      run: () => toggleDevice(store, "microphone"),
    },
    camera: { icon: "camera", label: t("device.camera"), checked: local.camera.on, run: () => toggleDevice(store, "camera") },
    screen: {
      icon: local.screen.on ? "screenOff" : "screen",
      label: t("device.screen"),
      checked: local.screen.on,
      run: () => toggleDevice(store, "screen"),
    },
    chat: { icon: "chat", label: t("tool.chat"), run: () => toggleChat(store) },
    hand: { icon: "hand", label: t("tool.hand"), checked: local.handRaisedAt > 0, run: () => toggleHand(store) },
    people: { icon: "people", label: t("tool.people"), run: () => toggleParticipants(store) },
    layout: { icon: tiles ? "speaker" : "tiles", label: t(tiles ? "tool.speakerView" : "tool.tiles"), run: () => toggleLayout(store) },
  };
  return hidden.map((tool) => all[tool]);
}

/** The commands of the menu, as they are now. */
export function useMoreCommands(hidden: readonly Tool[]): Command[] {
  const store = useStore();
  const locked = useSelect((s) => s.locked);
  const layout = useSelect((s) => s.layout);
  const canLogIn = useSelect((s) => s.accountsNeeded && s.local.account === null);
  const overflow = useHiddenTools(hidden);
  const film = store.prefs.value.filmStrip;
  const show = (dialog: DialogState) => (): void => {
    store.dialog.value = dialog;
  };
  const rest: Command[] = [
    { icon: "invite", label: t("invite.title"), run: show({ kind: "invite" }) },
    { icon: locked ? "lock" : "shield", label: t("security.title"), run: show({ kind: "security" }) },
    { icon: "settings", label: t("settings.title"), run: show({ kind: "settings" }) },
  ];
  if (canLogIn) rest.push({ icon: "key", label: t("login.title"), run: () => store.actions.showLogin(true) });
  if (layout === "speaker") {
    rest.push({ icon: "speaker", label: t("tool.film"), checked: film, run: () => store.changePrefs({ filmStrip: !film }) });
  }
  if (document.fullscreenEnabled) {
    const full = document.fullscreenElement !== null;
    rest.push({
      icon: full ? "fullscreenOff" : "fullscreen",
      label: t(full ? "tool.fullscreenOff" : "tool.fullscreen"),
      run: toggleFullscreen,
    });
  }
  rest.push({ icon: "keyboard", label: t("shortcut.title"), run: show({ kind: "shortcuts" }) });
  return [...overflow, ...rest];
}

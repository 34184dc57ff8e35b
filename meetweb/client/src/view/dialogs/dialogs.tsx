/** The one dialog that is open, if any. */
import type { VNode } from "preact";
import { useStore } from "../store";
import { ConfirmDialog } from "./confirm";
import { InviteDialog } from "./invite";
import { ProtectionDialog } from "./protection";
import { SecurityDialog } from "./security";
import { SettingsDialog } from "./settings";
import { ShortcutsDialog } from "./shortcuts";

export function Dialogs({ room }: { room: string }): VNode | null {
  const { dialog } = useStore();
  const open = dialog.value;
  if (open === null) return null;
  const close = (): void => {
    dialog.value = null;
  };
  switch (open.kind) {
    case "settings":
      return <SettingsDialog onClose={close} />;
    case "security":
      return <SecurityDialog onClose={close} />;
    case "invite":
      return <InviteDialog room={room} onClose={close} />;
    case "shortcuts":
      return <ShortcutsDialog onClose={close} />;
    case "protection":
      return <ProtectionDialog onClose={close} />;
    case "confirm":
      return <ConfirmDialog question={open.question} onClose={close} />;
  }
}

/** The call: pictures, the panel beside them, and the controls, in this order for eyes and keyboard. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import { ChatPanel } from "../chat/panel";
import { PeoplePanel } from "../people/panel";
import { useSelect } from "../store";
import { SoundBlocked, Voices } from "./audio";
import { Banner } from "./banner";
import { CallHeader } from "./header";
import { Notices } from "./notices";
import { SharingBar } from "./sharing";
import { useShortcuts } from "./shortcuts";
import { Stage } from "./stage";
import { Toolbar } from "./toolbar";
import { useWakeLock } from "./wakelock";

export function Call({ room }: { room: string }): VNode {
  useShortcuts();
  useWakeLock();
  const chat = useSelect((s) => s.chat.open);
  const people = useSelect((s) => s.participantsOpen);
  return (
    <div class={chat || people ? "call with-panel" : "call"}>
      <CallHeader room={room} />
      <main class="call-main" aria-label={t("call.stage")}>
        <Banner />
        <SharingBar />
        <Stage room={room} />
        <SoundBlocked />
      </main>
      {chat ? <ChatPanel /> : people ? <PeoplePanel /> : null}
      <Notices />
      <Toolbar />
      <Voices />
    </div>
  );
}

/** What can be done with one of the others: for everybody, and for moderators. */
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { t } from "../../i18n";
import type { ParticipantId } from "../../model/state";
import { togglePin } from "../call/commands";
import { Icon } from "../icons";
import { type Command, Menu } from "../kit/menu";
import { type Store, useModerator, useParticipant, useSelect, useStore } from "../store";

/** Chat with one person: the panel opens with them as the addressee. */
function writeTo(store: Store, id: ParticipantId): void {
  if (store.state.value.participantsOpen) store.actions.openParticipants(false);
  store.actions.chatTo(id);
  store.actions.openChat(true);
}

function Volume({ id, name }: { id: ParticipantId; name: string }): VNode {
  const { volumes } = useStore();
  const field = useId();
  const volume = volumes.value.get(id) ?? 1;
  return (
    <div class="volume">
      <label class="hidden" for={field}>
        {t("person.volume", { name })}
      </label>
      <Icon name="volume" />
      <input
        id={field}
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={volume}
        onInput={(e) => {
          volumes.value = new Map(volumes.value).set(id, Number(e.currentTarget.value));
        }}
      />
    </div>
  );
}

export function PersonMenu({ id, place }: { id: ParticipantId; place: "tile" | "row" }): VNode | null {
  const store = useStore();
  const person = useParticipant(id);
  const moderator = useModerator();
  const pinned = useSelect((s) => s.pinned === id, [id]);
  if (person === undefined) return null;
  const name = person.displayName || t("people.nameless");
  const ask = (kind: "kick" | "grant") => (): void => {
    store.dialog.value = { kind: "confirm", question: { kind, id, name } };
  };
  const camera = person.videos.find((v) => v.kind === "camera");
  const commands: Command[] = [
    { icon: pinned ? "pinOff" : "pin", label: t(pinned ? "person.unpin" : "person.pin"), run: () => togglePin(store, id) },
    { icon: "chat", label: t("person.write"), run: () => writeTo(store, id) },
  ];
  if (moderator && !person.audioMuted) {
    commands.push({ icon: "microphoneOff", label: t("person.mute"), run: () => store.actions.muteParticipant(id, "audio") });
  }
  if (moderator && camera !== undefined && !camera.muted) {
    commands.push({ icon: "cameraOff", label: t("person.stopCamera"), run: () => store.actions.muteParticipant(id, "video") });
  }
  if (moderator && !person.moderator) commands.push({ icon: "moderator", label: t("person.grant"), run: ask("grant") });
  if (moderator) commands.push({ icon: "kick", label: t("person.kick"), danger: true, run: ask("kick") });
  return (
    <Menu
      label={t("person.menu", { name })}
      title={name}
      buttonClass={place === "tile" ? "tile-menu" : "round"}
      button={<Icon name="more" />}
      commands={commands}
    >
      <Volume id={id} name={name} />
    </Menu>
  );
}

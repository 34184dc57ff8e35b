/** Who is here. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Participant } from "../../model/state";
import { byHands } from "../call/seats";
import { Icon, type IconName } from "../icons";
import { Panel } from "../kit/panel";
import { Avatar } from "../kit/parts";
import { useModerator, useSelect, useStore } from "../store";
import { PersonMenu } from "./menu";

function State({ icon, label, look }: { icon: IconName; label: string; look?: string }): VNode {
  return (
    <span class={`row-state ${look ?? ""}`} role="img" aria-label={label} title={label}>
      <Icon name={icon} small />
    </span>
  );
}

interface RowProps {
  id: string;
  name: string;
  detail: string;
  handUp: boolean;
  audioMuted: boolean;
  cameraOff: boolean;
  speaking: boolean;
  menu: boolean;
}

function Row({ id, name, detail, handUp, audioMuted, cameraOff, speaking, menu }: RowProps): VNode {
  return (
    <li class={speaking ? "row speaks" : "row"}>
      <Avatar id={id} name={name} />
      <span class="row-name">
        <span class="truncate">{name}</span>
        {detail === "" ? null : <small class="muted">{detail}</small>}
      </span>
      {handUp ? <State icon="hand" label={t("tile.handUp")} look="hand-mark" /> : null}
      <State
        icon={cameraOff ? "cameraOff" : "camera"}
        label={t(cameraOff ? "people.cameraOff" : "people.cameraOn")}
        look={cameraOff ? "is-off" : ""}
      />
      <State
        icon={audioMuted ? "microphoneOff" : "microphone"}
        label={t(audioMuted ? "tile.muted" : "people.microphoneOn")}
        look={audioMuted ? "is-off" : ""}
      />
      {menu ? <PersonMenu id={id} place="row" /> : <span class="row-gap" />}
    </li>
  );
}

function OwnRow(): VNode {
  const local = useSelect((s) => s.local);
  const speaking = useSelect((s) => s.local.id !== null && s.dominantSpeaker === s.local.id);
  const details = [t("people.you"), ...(local.moderator ? [t("tile.moderator")] : [])];
  return (
    <Row
      id={local.id ?? "me"}
      name={local.displayName || t("people.nameless")}
      detail={details.join(", ")}
      handUp={local.handRaisedAt > 0}
      audioMuted={!local.microphone.on}
      cameraOff={!local.camera.on}
      speaking={speaking}
      menu={false}
    />
  );
}

function OtherRow({ person }: { person: Participant }): VNode {
  const speaking = useSelect((s) => s.dominantSpeaker === person.id, [person.id]);
  const camera = person.videos.find((v) => v.kind === "camera");
  const sharing = person.videos.some((v) => v.kind === "desktop" && !v.muted);
  const details = [
    ...(person.moderator ? [t("tile.moderator")] : []),
    ...(sharing ? [t("people.sharing")] : []),
    ...(person.active ? [] : [t("tile.away")]),
  ];
  return (
    <Row
      id={person.id}
      name={person.displayName || t("people.nameless")}
      detail={details.join(", ")}
      handUp={person.handRaisedAt > 0}
      audioMuted={person.audioMuted}
      cameraOff={camera === undefined || camera.muted}
      speaking={speaking}
      menu
    />
  );
}

/** Whether a name contains what was typed, case and accents aside. */
export function nameMatches(name: string, wanted: string): boolean {
  const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  return plain(name).includes(plain(wanted.trim()));
}

export function PeoplePanel(): VNode {
  const store = useStore();
  const people = useSelect((s) => s.participants);
  const own = useSelect((s) => s.local.displayName);
  const moderator = useModerator();
  const [wanted, setWanted] = useState("");
  const found = byHands(people).filter((p) => nameMatches(p.displayName || t("people.nameless"), wanted));
  return (
    <Panel
      title={t("people.title", { count: people.length + 1 })}
      look="people-panel"
      opener="tool-people"
      close={() => store.actions.openParticipants(false)}
    >
      <div class="people-tools">
        <button type="button" class="secondary compact" onClick={() => (store.dialog.value = { kind: "invite" })}>
          <Icon name="invite" small />
          {t("invite.title")}
        </button>
        <label class="search">
          <span class="hidden">{t("people.search")}</span>
          <Icon name="search" small />
          <input
            class="field"
            type="search"
            placeholder={t("people.search")}
            value={wanted}
            onInput={(e) => setWanted(e.currentTarget.value)}
          />
        </label>
      </div>
      <ul class="people-list" aria-label={t("call.people")}>
        {nameMatches(own || t("people.nameless"), wanted) ? <OwnRow /> : null}
        {found.map((person) => (
          <OtherRow key={person.id} person={person} />
        ))}
        {found.length === 0 && wanted !== "" ? <li class="muted nobody">{t("people.nobody", { wanted })}</li> : null}
      </ul>
      {moderator && people.length > 0 ? (
        <footer class="panel-foot">
          <button
            type="button"
            class="secondary compact"
            onClick={() => (store.dialog.value = { kind: "confirm", question: { kind: "muteAll" } })}
          >
            <Icon name="microphoneOff" small />
            {t("people.muteAll")}
          </button>
        </footer>
      ) : null}
    </Panel>
  );
}

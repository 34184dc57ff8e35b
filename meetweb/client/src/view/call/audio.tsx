/** The sound of the others: one element each, on the chosen loudspeaker, as loud as its slider says. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { ParticipantId } from "../../model/state";
import { Icon } from "../icons";
import { useParticipant, useSelect, useStore } from "../store";

type WithSink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

function Voice({ id }: { id: ParticipantId }): VNode {
  const { volumes, soundBlocked } = useStore();
  const ref = useRef<WithSink>(null);
  const stream = useParticipant(id)?.audio ?? null;
  const speaker = useSelect((s) => s.local.chosen.speaker);
  const volume = volumes.value.get(id) ?? 1;
  const blocked = soundBlocked.value;
  useLayoutEffect(() => {
    const audio = ref.current;
    if (audio) audio.srcObject = stream;
    return () => {
      if (audio) audio.srcObject = null;
    };
  }, [stream]);
  useLayoutEffect(() => {
    if (stream === null || blocked) return;
    ref.current?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") soundBlocked.value = true;
    });
  }, [stream, blocked]);
  useLayoutEffect(() => {
    // An output that went away leaves the sound where it was.
    void ref.current?.setSinkId?.(speaker).catch(() => undefined);
  }, [speaker]);
  useLayoutEffect(() => {
    if (ref.current) ref.current.volume = volume;
  }, [volume]);
  // biome-ignore lint/a11y/useMediaCaption: live voices have no captions.
  return <audio ref={ref} autoPlay data-participant={id} />;
}

export function Voices(): VNode {
  const ids = useSelect((s) => s.participants.map((p) => p.id).join(" "));
  return (
    <div class="voices" hidden>
      {ids
        .split(" ")
        .filter((id) => id !== "")
        .map((id) => (
          <Voice key={id} id={id} />
        ))}
    </div>
  );
}

/** Some browsers are silent until the page was touched: one button, and everybody is heard. */
export function SoundBlocked(): VNode | null {
  const { soundBlocked } = useStore();
  if (!soundBlocked.value) return null;
  return (
    <button type="button" class="primary sound-blocked" onClick={() => (soundBlocked.value = false)}>
      <Icon name="volume" />
      {t("call.soundBlocked")}
    </button>
  );
}

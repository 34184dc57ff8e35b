/** A question before what cannot be taken back. */
import type { VNode } from "preact";
import { t } from "../../i18n";
import type { Actions } from "../../model/state";
import { Dialog } from "../kit/dialog";
import { type Question, useStore } from "../store";

interface Words {
  title: string;
  lead: string;
  yes: string;
  danger: boolean;
}

function wordsFor(question: Question): Words {
  switch (question.kind) {
    case "kick":
      return { title: t("confirm.kick", { name: question.name }), lead: t("confirm.kickLead"), yes: t("person.kick"), danger: true };
    case "grant":
      return { title: t("confirm.grant", { name: question.name }), lead: t("confirm.grantLead"), yes: t("person.grant"), danger: false };
    case "muteAll":
      return { title: t("confirm.muteAll"), lead: t("confirm.muteAllLead"), yes: t("people.muteAll"), danger: false };
    case "endForAll":
      return { title: t("confirm.endForAll"), lead: t("confirm.endForAllLead"), yes: t("leave.endForAll"), danger: true };
  }
}

function act(question: Question, actions: Actions): void {
  switch (question.kind) {
    case "kick":
      actions.kick(question.id);
      break;
    case "grant":
      actions.grantModerator(question.id);
      break;
    case "muteAll":
      actions.muteEverybody();
      break;
    case "endForAll":
      actions.endForAll();
      break;
  }
}

export function ConfirmDialog({ question, onClose }: { question: Question; onClose: () => void }): VNode {
  const { actions } = useStore();
  const words = wordsFor(question);
  return (
    <Dialog title={words.title} onClose={onClose} look="alert">
      <p class="muted">{words.lead}</p>
      <div class="dialog-actions">
        <button type="button" class="secondary" data-first onClick={onClose}>
          {t("dialog.cancel")}
        </button>
        <button
          type="button"
          class={words.danger ? "danger" : "primary"}
          onClick={() => {
            onClose();
            act(question, actions);
          }}
        >
          {words.yes}
        </button>
      </div>
    </Dialog>
  );
}

/** Who gets in: the room's password. Everybody sees whether there is one, moderators change it. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";
import { Dialog } from "../kit/dialog";
import { PasswordField } from "../kit/parts";
import { useModerator, useSelect, useStore } from "../store";

function SetPassword({ onClose }: { onClose: () => void }): VNode {
  const { actions } = useStore();
  const [password, setPassword] = useState("");
  return (
    <form
      class="dialog-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (password === "") return;
        actions.setPassword(password);
        onClose();
      }}
    >
      <PasswordField
        label={t("security.newPassword")}
        hint={t("security.hint")}
        autocomplete="new-password"
        value={password}
        change={setPassword}
        first
      />
      <div class="dialog-actions">
        <button type="button" class="secondary" onClick={onClose}>
          {t("dialog.cancel")}
        </button>
        <button type="submit" class="primary" disabled={password === ""}>
          {t("security.set")}
        </button>
      </div>
    </form>
  );
}

function RemovePassword({ onClose }: { onClose: () => void }): VNode {
  const { actions } = useStore();
  return (
    <div class="dialog-actions">
      <button
        type="button"
        class="danger"
        data-first
        onClick={() => {
          actions.setPassword("");
          onClose();
        }}
      >
        {t("security.remove")}
      </button>
    </div>
  );
}

export function SecurityDialog({ onClose }: { onClose: () => void }): VNode {
  const locked = useSelect((s) => s.locked);
  const moderator = useModerator();
  return (
    <Dialog title={t("security.title")} onClose={onClose}>
      <p class={locked ? "state-line good" : "state-line"}>
        <Icon name={locked ? "lock" : "shield"} />
        {t(locked ? "security.locked" : "security.open")}
      </p>
      {moderator ? (
        locked ? (
          <RemovePassword onClose={onClose} />
        ) : (
          <SetPassword onClose={onClose} />
        )
      ) : (
        <p class="muted">{t("security.onlyModerators")}</p>
      )}
    </Dialog>
  );
}

/** Small pieces that several screens use. */
import type { ComponentChildren, VNode } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Icon, type IconName } from "../icons";
import { hueOf, initialsOf } from "./identity";

/** Initials on the colour that belongs to `id`. Decorative: the name stands beside it. */
export function Avatar({ id, name, size }: { id: string; name: string; size?: string }): VNode {
  return (
    <span class={`avatar ${size ?? ""}`} aria-hidden="true" style={{ "--hue": hueOf(id) }}>
      {initialsOf(name) || <Icon name="person" />}
    </span>
  );
}

/** The logo and the product's name. */
export function Brand(): VNode {
  return (
    <span class="brand">
      <Icon name="logo" />
      Stammtisch
    </span>
  );
}

export function Spinner(): VNode {
  return <span class="spinner" aria-hidden="true" />;
}

/** An error beside the thing that caused it; read out when it appears. */
export function Problem({ id, children }: { id?: string; children: ComponentChildren }): VNode {
  return (
    <p class="problem" id={id} role="alert">
      <Icon name="warning" small />
      <span>{children}</span>
    </p>
  );
}

export function Note({ icon, children }: { icon: IconName; children: ComponentChildren }): VNode {
  return (
    <p class="note">
      <Icon name={icon} small />
      <span>{children}</span>
    </p>
  );
}

interface PasswordProps {
  label: string;
  hint?: string;
  value: string;
  change: (value: string) => void;
  name?: string;
  autocomplete: "off" | "current-password" | "new-password";
  invalid?: boolean;
  /** The id of the text that says what is wrong. */
  describedBy?: string | undefined;
  /** Takes the focus when its dialog or page opens. */
  first?: boolean;
}

/** A password box with its label and a button that shows what was typed. */
export function PasswordField(props: PasswordProps): VNode {
  const { label, hint, value, change, name, autocomplete, invalid, describedBy, first } = props;
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div class="label">
      <label for={id}>{label}</label>
      <span class="with-button">
        <input
          id={id}
          class="field"
          type={(shown ? "text" : "password") as "password"}
          name={name}
          autocomplete={autocomplete}
          required
          spellcheck={false}
          autocapitalize="off"
          value={value}
          onInput={(e) => change(e.currentTarget.value)}
          aria-invalid={invalid === true}
          aria-describedby={describedBy ?? (hint === undefined ? undefined : `${id}-hint`)}
          data-first={first ? "" : undefined}
        />
        <button
          type="button"
          class="round"
          aria-label={t("password.show")}
          aria-pressed={shown}
          data-tip={t("password.show")}
          onClick={() => setShown(!shown)}
        >
          <Icon name={shown ? "eyeOff" : "eye"} />
        </button>
      </span>
      {hint === undefined ? null : <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  change: (value: string) => void;
  disabled?: boolean;
  /** Stands in the box instead of the label, which is then only read out. */
  icon?: IconName;
  /** The class around label and box. */
  look?: string;
  children: ComponentChildren;
}

/** The browser's own chooser with its label and our arrow. */
export function Select({ label, value, change, disabled, icon, look, children }: SelectProps): VNode {
  const id = useId();
  return (
    <div class={look ?? "label"}>
      <label for={id} class={icon === undefined ? "" : "hidden"}>
        {label}
      </label>
      {icon === undefined ? null : <Icon name={icon} small />}
      <span class="select">
        <select id={id} class="field" value={value} disabled={disabled === true} onChange={(e) => change(e.currentTarget.value)}>
          {children}
        </select>
        <Icon name="down" small />
      </span>
    </div>
  );
}

/** A setting that is on or off. */
export function Switch({ label, on, change }: { label: string; on: boolean; change: (on: boolean) => void }): VNode {
  const id = useId();
  return (
    <label class="switch" for={id}>
      <span>{label}</span>
      <input id={id} type="checkbox" role="switch" checked={on} aria-checked={on} onChange={(e) => change(e.currentTarget.checked)} />
    </label>
  );
}

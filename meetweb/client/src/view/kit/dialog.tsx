/** A modal over the page: the native `<dialog>`, which holds the focus, closes on Escape and gives the focus back to where it was. */
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** `wide` for settings, `alert` for a question. */
  look?: "wide" | "alert";
}

/** Opens when it is first drawn. Focus goes to the element marked `autofocus`, else to the heading. */
export function Dialog({ title, onClose, children, look }: DialogProps): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const headingRef = useRef<HTMLHeadingElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    (dialog?.querySelector<HTMLElement>("[data-first]") ?? headingRef.current)?.focus();
    return () => {
      dialog?.close();
      // What opened us may be gone (a menu closes when its item is chosen); the browser then leaves the focus on the body.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog ${look ?? ""}`}
      aria-labelledby={heading}
      role={look === "alert" ? "alertdialog" : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose(); // the backdrop
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={heading} ref={headingRef} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" class="round" aria-label={t("dialog.close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

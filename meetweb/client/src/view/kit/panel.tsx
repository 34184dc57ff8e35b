/** The column beside the pictures, a drawer over them where there is no room. Escape closes it; the focus goes in and back. */
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { Icon } from "../icons";

interface PanelProps {
  title: string;
  /** The class of the panel's kind. */
  look: string;
  /** The id of the toolbar button that opened it. */
  opener: string;
  close: () => void;
  children: ComponentChildren;
}

export function Panel({ title, look, opener, close, children }: PanelProps): VNode {
  const ref = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const panel = ref.current;
    (panel?.querySelector<HTMLElement>("[data-first]") ?? panel)?.focus({ preventScroll: true });
    return () => {
      const active = document.activeElement;
      if (active === null || active === document.body || panel?.contains(active)) document.getElementById(opener)?.focus();
    };
  }, []);
  return (
    <aside
      ref={ref}
      class={`panel ${look}`}
      aria-label={title}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <header class="panel-head">
        <h2>{title}</h2>
        <button type="button" class="round" aria-label={t("panel.close", { title })} data-tip={t("dialog.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </aside>
  );
}

/** Every language by its own name, so that whoever landed in a foreign one finds the way out. */
import type { VNode } from "preact";
import { language, languages, setLanguage, t } from "../../i18n";

export function LanguageSwitch(): VNode {
  return (
    <fieldset class="language-switch">
      <legend class="hidden">{t("settings.language")}</legend>
      {languages.map(({ code, name }) => (
        <button key={code} type="button" class="quiet" lang={code} aria-pressed={language.value === code} onClick={() => setLanguage(code)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/**
 * The view: draws an `App`'s state and calls its actions, nothing else. Start reading at `app.tsx` (which page), `store.ts` (how components
 * reach the state) and `call/stage.tsx` (the pictures).
 */
import { render } from "preact";
import { initLanguage } from "../i18n";
import type { Obstacle } from "../model/obstacle";
import type { App } from "../model/state";
import { Root } from "./app";
import { ObstaclePage } from "./door/obstacle";
import { createStore, type DialogState, StoreContext } from "./store";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/kit.css";
import "./styles/welcome.css";
import "./styles/table.css";
import "./styles/prejoin.css";
import "./styles/door.css";
import "./styles/call.css";
import "./styles/tile.css";
import "./styles/toolbar.css";
import "./styles/panel.css";
import "./styles/dialog.css";

/** Shows `app` in `root`, at first with `dialog` open, until the returned function is called. */
export function mount(root: HTMLElement, app: App, dialog: DialogState | null = null): () => void {
  initLanguage();
  const { store, stop } = createStore(app);
  store.dialog.value = dialog;
  render(
    <StoreContext.Provider value={store}>
      <Root />
    </StoreContext.Provider>,
    root,
  );
  return () => {
    stop();
    render(null, root);
  };
}

/** Shows in `root` why the page cannot work here, until the returned function is called. */
export function mountObstacle(root: HTMLElement, obstacle: Obstacle): () => void {
  initLanguage();
  render(<ObstaclePage obstacle={obstacle} />, root);
  return () => render(null, root);
}

/** Which page is up, its title, and its theme. */
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Screen } from "../model/state";
import { Call } from "./call/call";
import { Dialogs } from "./dialogs/dialogs";
import { Left } from "./door/left";
import { LoginDialog } from "./door/login";
import { PasswordPrompt } from "./door/password";
import { Joining, WaitingForHost } from "./door/waiting";
import { Prejoin } from "./prejoin/prejoin";
import { useSelect, useStore } from "./store";
import { Welcome } from "./welcome/welcome";

const product = "Stammtisch";

/** `<room> | Stammtisch`, the product's name alone on the first page. */
export function titleFor(screen: Screen): string {
  return screen.kind === "welcome" ? product : `${screen.room} | ${product}`;
}

function Page({ screen }: { screen: Screen }): VNode {
  switch (screen.kind) {
    case "welcome":
      return <Welcome />;
    case "prejoin":
      return <Prejoin room={screen.room} />;
    case "joining":
      return <Joining room={screen.room} />;
    case "waitingForHost":
      return <WaitingForHost room={screen.room} />;
    case "password":
      return <PasswordPrompt room={screen.room} wrong={screen.wrong} />;
    case "inCall":
      return <Call room={screen.room} />;
    case "left":
      return <Left room={screen.room} reason={screen.reason} />;
  }
}

/** The login dialog belongs to the state, not to a page: it may be asked for before, at and behind the door. */
function Login({ room }: { room: string }): VNode | null {
  const { actions } = useStore();
  const login = useSelect((s) => s.login);
  return login.kind === "closed" ? null : <LoginDialog room={room} login={login} onClose={() => actions.showLogin(false)} />;
}

/** A call is dark on every device, the browser's own bars included. */
function useCallTheme(inCall: boolean): void {
  useLayoutEffect(() => {
    if (!inCall) return;
    const bars = document.createElement("meta");
    bars.name = "theme-color";
    bars.content = "#101317";
    document.head.prepend(bars); // the first one that fits is taken
    document.documentElement.dataset.theme = "call";
    return () => {
      bars.remove();
      delete document.documentElement.dataset.theme;
    };
  }, [inCall]);
}

export function Root(): VNode {
  const { dialog } = useStore();
  const screen = useSelect((s) => s.screen);
  const kind = screen.kind;
  const shown = useRef(kind);
  useEffect(() => {
    document.title = titleFor(screen);
  }, [screen]);
  useCallTheme(kind === "inCall");
  useEffect(() => {
    if (shown.current !== kind) dialog.value = null; // what was open belongs to the page before
    shown.current = kind;
  }, [kind]);
  return (
    <>
      <Page key={kind} screen={screen} />
      <Dialogs room={screen.kind === "welcome" ? "" : screen.room} />
      <Login room={screen.kind === "welcome" ? "" : screen.room} />
    </>
  );
}

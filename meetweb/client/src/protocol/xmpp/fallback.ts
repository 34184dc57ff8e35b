/** Several ways to one server: where the first does not open, the next is tried. */
import type { OpenStream } from "./stream";

/** Goes through `ways` until one has been online, and stays with that one. */
export function firstThatOpens(ways: readonly OpenStream[]): OpenStream {
  let at = 0;
  let found = false;
  return (handlers) => {
    const open = ways[at % ways.length];
    if (open === undefined) throw new Error("no way to the server");
    return open({
      onOnline: (jid, resumed) => {
        found = true;
        handlers.onOnline(jid, resumed);
      },
      onStanza: (stanza) => handlers.onStanza(stanza),
      onEnd: (end) => {
        if (!found && end.kind === "unreachable") at++;
        handlers.onEnd(end);
      },
    });
  };
}

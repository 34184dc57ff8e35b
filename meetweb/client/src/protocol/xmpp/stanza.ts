/** Stanzas (RFC 6120 §8): building replies, reading errors. Pure. */
import { NS } from "../ns";
import { childOf, childrenOf, el, textOf, type Xml } from "../xml/node";

/** What an error stanza says (RFC 6120 §8.3). `extra` are application conditions, by name. */
export interface StanzaError {
  type: string;
  condition: string;
  text: string;
  extra: readonly string[];
}

/** An IQ that was refused, or got no answer (`condition` is `timeout`), or whose line ended (`disconnected`). */
export class IqError extends Error {
  readonly error: StanzaError;
  /** The stanza that said so, when there was one. */
  readonly stanza: Xml | undefined;

  constructor(error: StanzaError, stanza?: Xml) {
    super(`${error.condition}${error.text === "" ? "" : `: ${error.text}`}`);
    this.name = "IqError";
    this.error = error;
    this.stanza = stanza;
  }
}

/** Reads the `error` child. A stanza without one yields `undefined-condition`. */
export function errorOf(stanza: Xml): StanzaError {
  const error = childOf(stanza, "error");
  if (error === undefined) return { type: "cancel", condition: "undefined-condition", text: "", extra: [] };
  const all = childrenOf(error);
  const defined = all.find((child) => child.ns === NS.stanzas && child.name !== "text");
  const rest = all.filter((child) => child !== defined && child.name !== "text");
  return {
    type: error.attrs.type ?? "cancel",
    condition: (defined ?? rest[0])?.name ?? "undefined-condition",
    text: textOf(childOf(error, "text")),
    extra: rest.map((child) => child.name),
  };
}

/** The answer to an IQ. */
export function resultFor(iq: Xml, ...children: Xml[]): Xml {
  return el("iq", { xmlns: NS.client, type: "result", id: iq.attrs.id, to: iq.attrs.from }, ...children);
}

/** The refusal of an IQ. */
export function errorFor(iq: Xml, type: "cancel" | "modify" | "auth" | "wait", condition: string, ...extra: Xml[]): Xml {
  return el(
    "iq",
    { xmlns: NS.client, type: "error", id: iq.attrs.id, to: iq.attrs.from },
    el("error", { type }, el(condition, { xmlns: NS.stanzas }), ...extra),
  );
}

/** An IQ without id; the line gives it one. */
export function iq(type: "get" | "set", to: string, ...children: Xml[]): Xml {
  return el("iq", { xmlns: NS.client, type, to }, ...children);
}

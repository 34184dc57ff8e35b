/**
 * XML elements as plain data, so that everything that reads or builds stanzas is a pure function and needs no page.
 *
 * `dom.ts` beside it converts from and to the DOM at the edge.
 */

/** One element. `ns` is the resolved namespace of a parsed element; a built one carries `attrs.xmlns` where it matters. */
export interface Xml {
  readonly name: string;
  readonly ns: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: readonly (Xml | string)[];
}

type AttrValue = string | number | boolean | undefined;
type Child = Xml | string | undefined | null | false | readonly Child[];

/** Builds an element. Undefined attributes and empty children are left out; a child inherits its parent's namespace on the wire. */
export function el(name: string, attrs: Readonly<Record<string, AttrValue>> = {}, ...children: Child[]): Xml {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) kept[key] = String(value);
  return { name, ns: kept.xmlns ?? "", attrs: kept, children: flatten(children) };
}

function flatten(children: readonly Child[]): (Xml | string)[] {
  const out: (Xml | string)[] = [];
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue;
    if (Array.isArray(child)) out.push(...flatten(child as readonly Child[]));
    else out.push(child as Xml | string);
  }
  return out;
}

/** The child elements, optionally of one name and namespace. */
export function childrenOf(x: Xml, name?: string, ns?: string): Xml[] {
  const out: Xml[] = [];
  for (const child of x.children) {
    if (typeof child === "string") continue;
    if (name !== undefined && child.name !== name) continue;
    if (ns !== undefined && child.ns !== ns) continue;
    out.push(child);
  }
  return out;
}

/** The first matching child element. */
export function childOf(x: Xml, name: string, ns?: string): Xml | undefined {
  return childrenOf(x, name, ns)[0];
}

/** Follows a path of child names. */
export function pathOf(x: Xml, ...names: readonly string[]): Xml | undefined {
  let at: Xml | undefined = x;
  for (const name of names) {
    if (at === undefined) return undefined;
    at = childOf(at, name);
  }
  return at;
}

/** The text directly inside, empty when there is none. */
export function textOf(x: Xml | undefined): string {
  if (x === undefined) return "";
  return x.children.filter((child): child is string => typeof child === "string").join("");
}

/** What XML 1.0 §2.2 forbids, lone surrogates included; one of these in a chat message would end the stream. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** `text` without characters that XML cannot carry. */
export function cleanText(text: string): string {
  return text.replace(forbidden, "");
}

function escapeXml(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The element as text. For logs, tests and BOSH farewells; stanzas go out through the DOM. */
export function serialize(x: Xml): string {
  const attrs = Object.entries(x.attrs)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join("");
  if (x.children.length === 0) return `<${x.name}${attrs}/>`;
  const inner = x.children.map((child) => (typeof child === "string" ? escapeXml(child) : serialize(child))).join("");
  return `<${x.name}${attrs}>${inner}</${x.name}>`;
}

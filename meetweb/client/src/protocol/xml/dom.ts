/** Between DOM elements, which the XMPP library hands out and takes, and `Xml`. */
import { cleanText, type Xml } from "./node";

const ELEMENT = 1;
const TEXT = 3;
const CDATA = 4;

/** Reads a DOM element. Whitespace between elements is dropped, text beside no element is kept. */
export function fromDom(e: Element): Xml {
  const attrs: Record<string, string> = {};
  for (const attr of Array.from(e.attributes)) attrs[attr.nodeName] = attr.nodeValue ?? "";
  const children: (Xml | string)[] = [];
  for (let node = e.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === ELEMENT) children.push(fromDom(node as Element));
    else if (node.nodeType === TEXT || node.nodeType === CDATA) children.push(node.nodeValue ?? "");
  }
  const hasElements = children.some((child) => typeof child !== "string");
  return {
    name: e.localName,
    ns: e.namespaceURI ?? "",
    attrs,
    children: hasElements ? children.filter((child) => typeof child !== "string" || child.trim() !== "") : children,
  };
}

/**
 * Makes a DOM element. Namespaces are literal `xmlns` attributes, because the XMPP library serialises attributes only and the peers
 * look for the attribute itself.
 */
export function toDom(x: Xml): Element {
  return build(document.implementation.createDocument(null, null, null), x);
}

function build(doc: Document, x: Xml): Element {
  const e = doc.createElement(x.name);
  for (const [key, value] of Object.entries(x.attrs)) e.setAttribute(key, cleanText(value));
  for (const child of x.children) {
    e.appendChild(typeof child === "string" ? doc.createTextNode(cleanText(child)) : build(doc, child));
  }
  return e;
}

/** Reads recorded stanzas from testdata and stanzas written in tests. */
import { readFileSync } from "node:fs";
import { DOMParser } from "@xmldom/xmldom";
import { fromDom } from "../src/protocol/xml/dom";
import type { Xml } from "../src/protocol/xml/node";

export function fixtureText(name: string): string {
  return readFileSync(new URL(`../testdata/${name}`, import.meta.url), "utf8");
}

export function parseXml(text: string): Xml {
  const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
  if (root === null) throw new Error("no root element");
  return fromDom(root as unknown as Element);
}

export function fixture(name: string): Xml {
  return parseXml(fixtureText(name).replace(/^<!--.*?-->\s*/s, ""));
}

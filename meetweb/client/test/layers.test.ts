/** Imports point one way: protocol ← model ← view. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../src");
const layers = ["protocol", "model", "view"] as const;

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [path] : [];
  });
}

/** What a file imports from inside `src`, as paths relative to it. */
function imports(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
  return specifiers.map((specifier) => relative(root, resolve(dirname(path), specifier)));
}

describe("layers", () => {
  it.each(layers)("%s imports nothing above it", (layer) => {
    const above = layers.slice(layers.indexOf(layer) + 1).map((name) => `${name}/`);
    const wrong = sourceFiles(join(root, layer)).flatMap((path) =>
      imports(path)
        .filter((target) => above.some((name) => target.startsWith(name)))
        .map((target) => `${relative(root, path)} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("the view speaks to the model only", () => {
    const wrong = sourceFiles(join(root, "view")).filter((path) => imports(path).some((target) => target.startsWith("protocol/")));
    expect(wrong).toEqual([]);
  });
});

/**
 * Tells the model which videos are on screen and how tall, so that the bridge sends just that.
 *
 * Each tile registers its element with the name of its source. Sizes and visibility are observed; a change is reported once per frame, and
 * only when it is one.
 */
import { createContext } from "preact";
import type { SourceName } from "../../model/state";

export interface VisibilityReporter {
  /** Starts watching; the returned function stops. */
  watch(element: Element, source: SourceName): () => void;
  /** Ends all watching; nothing is reported afterwards. */
  stop(): void;
}

function same(a: ReadonlyMap<SourceName, number>, b: ReadonlyMap<SourceName, number>): boolean {
  return a.size === b.size && [...a].every(([name, height]) => b.get(name) === height);
}

export function createReporter(report: (heights: ReadonlyMap<SourceName, number>) => void): VisibilityReporter {
  const sources = new Map<Element, SourceName>();
  const seen = new Set<Element>();
  let last: ReadonlyMap<SourceName, number> = new Map();
  let frame = 0;

  const tell = (): void => {
    frame = 0;
    const heights = new Map<SourceName, number>();
    for (const [element, source] of sources) {
      if (!seen.has(element)) continue;
      const height = Math.round(element.getBoundingClientRect().height);
      if (height > 0) heights.set(source, Math.max(height, heights.get(source) ?? 0));
    }
    if (same(heights, last)) return;
    last = heights;
    report(heights);
  };
  const soon = (): void => {
    if (frame === 0) frame = requestAnimationFrame(tell);
  };

  const sizes = new ResizeObserver(soon);
  const views = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) seen.add(entry.target);
      else seen.delete(entry.target);
    }
    soon();
  });

  return {
    watch(element, source) {
      sources.set(element, source);
      sizes.observe(element);
      views.observe(element);
      soon();
      return () => {
        sources.delete(element);
        seen.delete(element);
        sizes.unobserve(element);
        views.unobserve(element);
        soon();
      };
    },
    stop() {
      if (frame !== 0) cancelAnimationFrame(frame);
      sizes.disconnect();
      views.disconnect();
    },
  };
}

export const ReporterContext = createContext<VisibilityReporter | null>(null);

import { describe, expect, test } from "vitest";
import { bestGrid } from "./grid";

describe("bestGrid", () => {
  test.each([
    ["two in a wide window sit side by side", 2, { width: 1200, height: 650 }, 2],
    ["two on a telephone sit one above the other", 2, { width: 344, height: 600 }, 1],
    ["six in a wide window", 6, { width: 1256, height: 650 }, 3],
    ["six on a telephone", 6, { width: 344, height: 600 }, 2],
    ["three in a tall column", 3, { width: 600, height: 1000 }, 1],
  ])("%s", (_, count, box, columns) => {
    expect(bestGrid(count, box).columns).toBe(columns);
  });

  test("tiles never leave the box and keep their shape", () => {
    for (let count = 1; count <= 30; count++) {
      for (const [width, height] of [
        [1256, 650],
        [900, 650],
        [344, 600],
        [700, 300],
        [2500, 1300],
      ] as const) {
        const grid = bestGrid(count, { width, height });
        const note = `${count} in ${width}x${height}: ${JSON.stringify(grid)}`;
        expect(grid.columns * grid.rows, note).toBeGreaterThanOrEqual(count);
        expect(grid.columns * grid.tileWidth + (grid.columns - 1) * 8, note).toBeLessThanOrEqual(width);
        if (!grid.scrolls) expect(grid.rows * grid.tileHeight + (grid.rows - 1) * 8, note).toBeLessThanOrEqual(height);
        const ratio = grid.tileWidth / grid.tileHeight;
        expect(ratio, note).toBeGreaterThan(0.73);
        expect(ratio, note).toBeLessThan(1.82);
      }
    }
  });

  test("more people than a telephone can show are reached by scrolling", () => {
    const grid = bestGrid(25, { width: 344, height: 600 });
    expect(grid.scrolls).toBe(true);
    expect(grid.tileWidth).toBeGreaterThanOrEqual(140);
  });

  test("a window that was not measured yet gives nothing to draw", () => {
    expect(bestGrid(4, { width: 0, height: 0 })).toMatchObject({ tileWidth: 0, tileHeight: 0 });
  });
});

/** How many columns, and how large the tiles. Pure arithmetic. */

export interface Box {
  width: number;
  height: number;
}

export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
  /** The tiles are at their smallest and do not fit: the page scrolls. */
  scrolls: boolean;
}

export const gap = 8;
const maxColumns = 7;

/** Tiles may be anything between these two shapes (width : height), the first being the more upright. */
interface Shapes {
  upright: number;
  wide: number;
  minWidth: number;
  minHeight: number;
}

/** A telephone held upright gets squarish tiles; everything else lies between 4:3 and 16:9, the latter being what cameras send. */
export function shapesFor(box: Box): Shapes {
  return box.width <= 500 && box.height > box.width
    ? { upright: 3 / 4, wide: 4 / 3, minWidth: 140, minHeight: 140 }
    : { upright: 4 / 3, wide: 16 / 9, minWidth: 180, minHeight: 120 };
}

function tileIn(cell: Box, shapes: Shapes): Box {
  const ratio = Math.min(shapes.wide, Math.max(shapes.upright, cell.width / cell.height));
  const width = Math.floor(Math.min(cell.width, cell.height * ratio));
  return { width, height: Math.floor(width / ratio) };
}

function arrange(count: number, columns: number, box: Box, shapes: Shapes): Grid {
  const rows = Math.ceil(count / columns);
  const cell = { width: (box.width - gap * (columns - 1)) / columns, height: (box.height - gap * (rows - 1)) / rows };
  const tile = cell.width > 0 && cell.height > 0 ? tileIn(cell, shapes) : { width: 0, height: 0 };
  return { columns, rows, tileWidth: tile.width, tileHeight: tile.height, scrolls: false };
}

/** As many columns of the smallest useful width as fit; the rest is reached by scrolling. */
function scrolling(count: number, box: Box, shapes: Shapes): Grid {
  const columns = Math.max(1, Math.min(maxColumns, Math.floor((box.width + gap) / (shapes.minWidth + gap))));
  const tileWidth = Math.floor((box.width - gap * (columns - 1)) / columns);
  const ratio = shapes.upright < 1 ? 1 : 16 / 9;
  return { columns, rows: Math.ceil(count / columns), tileWidth, tileHeight: Math.floor(tileWidth / ratio), scrolls: true };
}

/**
 * The number of columns with the largest tiles. Between equals the one with the fewer empty places wins, then the one with fewer
 * columns, so that the same people in the same window always sit in the same places.
 */
export function bestGrid(count: number, box: Box): Grid {
  const shapes = shapesFor(box);
  let best = arrange(Math.max(1, count), 1, box, shapes);
  for (let columns = 2; columns <= Math.min(maxColumns, count); columns++) {
    const next = arrange(count, columns, box, shapes);
    const gain = next.tileWidth * next.tileHeight - best.tileWidth * best.tileHeight;
    const empty = (grid: Grid): number => grid.columns * grid.rows - count;
    if (gain > 0 || (gain === 0 && empty(next) < empty(best))) best = next;
  }
  const tooSmall = best.tileHeight < shapes.minHeight && best.tileWidth < shapes.minWidth * 1.2;
  return tooSmall && box.width > 0 ? scrolling(count, box, shapes) : best;
}

/** Moving pictures for the gallery, painted here: a person in front of a wall, a sheet of text. */

/** The gallery is the only place that paints with random-looking colours: per name, so that pictures stay the same between runs. */
function tint(seed: number, light: number, strength = 0.06): string {
  return `oklch(${light} ${strength} ${(seed * 67) % 360})`;
}

function paintPerson(c: CanvasRenderingContext2D, seed: number, tick: number): void {
  const { width, height } = c.canvas;
  const wall = c.createLinearGradient(0, 0, width, height);
  wall.addColorStop(0, tint(seed, 0.72));
  wall.addColorStop(1, tint(seed, 0.5));
  c.fillStyle = wall;
  c.fillRect(0, 0, width, height);
  c.fillStyle = tint(seed + 2, 0.62);
  c.fillRect(width * (0.08 + (seed % 3) * 0.28), height * 0.1, width * 0.18, height * 0.34);
  const x = width * 0.5 + Math.sin(tick / 20) * 4;
  const unit = height / 100;
  c.fillStyle = tint(seed + 1, 0.42, 0.09);
  c.beginPath();
  c.ellipse(x, height * 1.04, 42 * unit, 40 * unit, 0, 0, Math.PI * 2);
  c.fill();
  const skin = [0.82, 0.7, 0.58, 0.46][seed % 4] ?? 0.7;
  c.fillStyle = `oklch(${skin} 0.06 55)`;
  c.fillRect(x - 7 * unit, height * 0.52, 14 * unit, 18 * unit);
  c.beginPath();
  c.ellipse(x, height * 0.42, 15 * unit, 19 * unit, 0, 0, Math.PI * 2);
  c.fill();
  c.fillStyle = `oklch(${0.25 + (seed % 5) * 0.1} 0.04 ${40 + seed * 9})`;
  c.beginPath();
  c.ellipse(x, height * 0.31, 16.5 * unit, 12 * unit, 0, Math.PI, Math.PI * 2);
  c.fill();
}

function paintScreen(c: CanvasRenderingContext2D): void {
  const { width, height } = c.canvas;
  c.fillStyle = "#fdfdfb";
  c.fillRect(0, 0, width, height);
  c.fillStyle = "#2c4a6b";
  c.fillRect(0, 0, width, height * 0.09);
  c.fillStyle = "#1d1a14";
  c.font = `600 ${height * 0.055}px system-ui`;
  c.fillText("Agenda, Monday", width * 0.06, height * 0.2);
  c.fillStyle = "#c9c2b4";
  for (let line = 0; line < 9; line++)
    c.fillRect(width * 0.06, height * (0.28 + line * 0.07), width * (0.4 + ((line * 37) % 45) / 100), height * 0.022);
}

/** A stream with one painted video track. */
export function paintedStream(kind: "person" | "screen", seed: number, size: { width: number; height: number }): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2d canvas");
  let tick = 0;
  const paint = (): void => {
    tick++;
    if (kind === "person") paintPerson(context, seed, tick);
    else paintScreen(context);
  };
  paint();
  setInterval(paint, 100);
  return canvas.captureStream(10);
}

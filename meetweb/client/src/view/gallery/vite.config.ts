/** Serves the gallery alone, on loopback. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  publicDir: fileURLToPath(new URL("../../../public", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../../../node_modules/.vite-gallery", import.meta.url)),
  server: { host: "127.0.0.1", port: 5199 },
});

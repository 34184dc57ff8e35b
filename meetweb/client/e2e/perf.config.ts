import { defineConfig } from "vitest/config";

// Measurements, not tests: `make perf` runs them and docs/performance.md quotes them.
export default defineConfig({
  test: { include: ["e2e/**/*.perf.ts"], environment: "node", fileParallelism: false, testTimeout: 600_000, hookTimeout: 60_000 },
});

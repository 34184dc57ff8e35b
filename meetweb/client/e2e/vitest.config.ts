import { defineConfig } from "vitest/config";

// Browser tests against the built program: one file at a time, since each drives several browsers that encode video.
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    bail: 0,
  },
});

import { defineConfig } from "vitest/config";

/** Tests resolve the packages to their sources, so no build stands between an edit and its test. */
const conditions = ["@messaging-service/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    setupFiles: ["./test/support/fail-on-console.ts"],
    // By default one core is left to the reader, which of two is half; tests wait for the network as much as they compute.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

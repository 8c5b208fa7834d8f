import { defineConfig } from "vitest/config";

/** Tests that need real parts: the built bundle, Azurite, the simulator, the Functions host. */
const REAL_PARTS = ["test/contract/**/*.test.ts", "test/stories/**/*.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // More than cores: the stories wait for hosts and sessions more than they reckon.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: REAL_PARTS },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: REAL_PARTS,
          globalSetup: ["test/setup.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});

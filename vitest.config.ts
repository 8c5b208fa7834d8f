import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that need real parts: the built bundle, Azurite, the simulator, the Functions host. */
const REAL_PARTS = ["test/contract/**/*.test.ts", "test/stories/**/*.test.ts"];

/**
 * Tests that need modules of their own: an app that the host loads registers its functions once a
 * process, and a module can be replaced only before anybody has loaded it.
 */
const APART = ["test/local/host/**/*.test.ts", "test/docs/api.test.ts"];

/** The simulation, which takes long, and the bugs that are planted in it. */
const STORMS = ["test/simulation/**/*.test.ts", "test/patches/caught-by-*.test.ts"];

/**
 * No test is about time, so this only ends one that hangs. It is far more than any of them takes on
 * two cores that are busy with something else.
 */
const HANGS_MS = 600_000;
/**
 * The same for what `expect.poll` waits for, whose own second is soon over on a busy machine. It is
 * less, so that a test which waits in vain still says for what.
 */
const IN_VAIN_MS = HANGS_MS / 2;

/** The storms reckon longest, each file in one process: begun last, they would be waited for alone. */
class StormsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isStorm), ...sorted.filter((each) => !isStorm(each))];
  }
}

function isStorm({ project }: TestSpecification): boolean {
  return project.name === "storms";
}

export default defineConfig({
  test: {
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: IN_VAIN_MS } },
    pool: "forks",
    // More than cores: the stories wait for hosts and sessions more than they reckon.
    maxWorkers: 4,
    // No test may need another one to have run before it; the seed is printed, to repeat an order.
    sequence: { shuffle: { tests: true, files: false }, sequencer: StormsFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...REAL_PARTS, ...APART, ...STORMS],
          // Modules here keep no state of their own, and loading them anew for each file took
          // longer than most of the tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: "apart", include: APART } },
      { extends: true, test: { name: "storms", include: STORMS } },
      {
        extends: true,
        test: {
          name: "parts",
          include: REAL_PARTS,
          globalSetup: ["test/setup.ts"],
          // As for unit: each file loaded the clients of Azure anew.
          isolate: false,
        },
      },
    ],
  },
});

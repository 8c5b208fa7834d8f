import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import type { RunRecord } from "../../../shared/ledger/run/run.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { loadRun } from "../../../shared/store/load.ts";
import { recordOutputRead } from "../../../shared/workflow/view/record-output-read.ts";
import { wholeFor } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { aSequence, RUN_ID, START_MS } from "../../ledger/a-sequence.ts";

/** A stored result of a script, whose output can be seen. */
const RESULT: SequenceRecord["results"][number] = {
  part: 0,
  index: 1,
  type: "RunScript",
  actionId: "action-1",
  state: "stored",
  tries: 1,
  detail: null,
  dueAtMs: null,
  absentSinceMs: null,
  again: false,
  path: "result",
  servedName: "result",
  size: 1,
  sha256: "0".repeat(64),
  content: null,
  script: { exitCode: 0, output: "text", errors: "" },
  rows: null,
};

/** A run with so many results, and a caller who sees it again and again. */
async function startSeeing(results: number) {
  const ledger = createMemoryLedger();
  const first = aRun({ custody: { ...aRun().custody, count: results } });
  await ledger.commit([{ op: "insert", key: runKey(RUN_ID), body: first }]);
  const clock = createMemoryClock({ startMs: START_MS });
  const store = { ledger, clock, random: createSeededRandom(1) };
  const run = async (): Promise<RunRecord> => (await loadRun(ledger, RUN_ID))?.value ?? first;
  return {
    run,
    sees: async (by: string) => {
      const reach = { ...wholeFor(by), seesOutput: true };
      await recordOutputRead(store, await run(), [aSequence({ results: [RESULT] })], reach);
    },
  };
}

describe("who has seen what scripts wrote", () => {
  it.each(["analyst", "constructor", "toString", "newer"])(
    "is kept under the name %s, once for what there is",
    async (name) => {
      const { run, sees } = await startSeeing(2);
      await sees(name);
      await sees(name);
      await sees("another");
      const { outputRead, audit } = await run();
      expect(outputRead).toEqual([
        { by: name, results: 2 },
        { by: "another", results: 2 },
      ]);
      expect(audit.count).toBe(2);
    },
  );
});

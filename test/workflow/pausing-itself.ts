import { RATE_TOKEN_KEY, READY, runKey, sequenceIdIn } from "../../shared/ledger/row/keys.ts";
import { claim, end } from "../../shared/ledger/sequence/moves.ts";
import { runSchema } from "../../shared/ledger/run/run.ts";
import { FIRST_BUDGET } from "../../shared/limits/pace/budget.ts";
import { moveOnce } from "../../shared/store/change-sequence.ts";
import { loadSequence } from "../../shared/store/load.ts";
import { A_NONCE, START_MS } from "../ledger/a-sequence.ts";
import { startAccepting, type Accepting } from "./accepting.ts";

const MACHINES = Array.from({ length: 10 }, (_, number) => number);

/** A run of ten that all may go: the fifth failure pauses it. */
export async function startPausingItself() {
  const world = startAccepting({ policy: { first: 3, above: 10, maxFailedShare: 0.5 } });
  // Before Defender has given a list only one of them would go.
  const body = { ...FIRST_BUDGET, listedAtMs: START_MS };
  await world.ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
  const accepted = await world.accept("wave", MACHINES);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  await world.unfolded();
  const { runId } = accepted.run;
  return {
    world,
    runId,
    /** The line, the next first. */
    readyKeys: async () => await readyKeys(world),
    /** Ends as failed, by somebody who writes no budget of its own, what is last in the line. */
    fail: async (count: number) => {
      for (let failed = 0; failed < count; failed += 1) await failLast(world);
    },
    gateState: async () =>
      runSchema.parse((await world.ledger.read(runKey(runId)))?.body).gate?.state,
  };
}

async function readyKeys({ ledger }: Accepting): Promise<string[]> {
  return (await ledger.list(READY.from, READY.before, 100)).map(({ key }) => key);
}

async function failLast(world: Accepting): Promise<void> {
  const key = (await readyKeys(world)).at(-1) ?? "";
  const before = await loadSequence(world.ledger, sequenceIdIn(key));
  if (before === null) throw new Error("nothing is ready");
  const claimed = claim(before.value, START_MS, A_NONCE);
  const after = end(claimed, "refused", { code: "NoSuchMachine", detail: "" }, START_MS);
  await moveOnce(world.ports, { before, after, nowMs: START_MS });
}

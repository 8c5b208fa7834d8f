import { sequencesOf } from "../../ledger/row/keys.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import type { RowChange } from "../../ledger/sequence/rows.ts";
import { sequenceSchema, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { endOf } from "../../ledger/run/tally.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { changeRound, sweptChange } from "../../store/change-sweep.ts";
import { listAll } from "../../store/list-all.ts";
import { loadRun } from "../../store/load.ts";
import { loadRound, loadSwept } from "../../store/load-sweeps.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { counted, REACHED, withTried, wordOf, type RoundRecord } from "../../sweep/round.ts";
import { sweptIn, type Swept } from "../../sweep/target.ts";
import type { SweepPorts } from "./ports.ts";

/** Machines that one transaction counts: a change each, and the round. */
const COUNTED_AT_ONCE = 90;

/**
 * Counts the machines of the batches whose runs are finished: how each ended, and when the sweep
 * reached it last. `running` are the runs that are not finished. Machines that come later join the
 * next batch. False if there was nothing to count.
 */
export async function countMachines(
  ports: SweepPorts,
  round: RoundRecord,
  running: ReadonlySet<string>,
): Promise<boolean> {
  const { name, number } = round;
  let hasCounted = false;
  for (const batch of round.uncounted) {
    const runId = sweepRunIdOf({ name, round: number, batch });
    // An older version of the app may leave a finished run in the list of those that go on. So the
    // last batches are looked at themselves.
    const isListed = running.has(runId) && round.state !== "closing";
    if (isJoined(round, batch) || isListed) continue;
    const run = await loadRun(ports.ledger, runId);
    if (run === null || run.value.finishedAtMs === null) continue;
    const counting = async () => await countBatch(ports, { name, number, batch, runId });
    hasCounted = (await unlessSetAside(ports, false, counting)) || hasCounted;
  }
  return hasCounted;
}

/** True if machines are on their way into the run of the batch. */
function isJoined(round: RoundRecord, batch: number): boolean {
  return batch === round.batch && round.inHand.length > 0;
}

interface Batch {
  readonly name: string;
  readonly number: number;
  readonly batch: number;
  readonly runId: string;
}

/**
 * True once it has tried. Throws `SetAside` if one of its sequences cannot be read: a batch is
 * counted as a whole, so its machine would stay as sent for good.
 */
async function countBatch(ports: SweepPorts, of: Batch): Promise<true> {
  const ends = await endsOfBatch(ports, of.runId);
  const last = ends.at(-1)?.machineId ?? "";
  for (let from = 0; from === 0 || from < ends.length; from += COUNTED_AT_ONCE) {
    const some = ends.slice(from, from + COUNTED_AT_ONCE);
    if (!(await countSome(ports, of, some, last))) break;
  }
  return true;
}

/** The last sequence of each machine, in the order of the machines. */
async function endsOfBatch(
  { ledger }: Pick<SweepPorts, "ledger">,
  runId: string,
): Promise<readonly SequenceRecord[]> {
  const ends = new Map<string, SequenceRecord>();
  for (const row of await listAll(ledger, sequencesOf(runId))) {
    const value = valueOf(sequenceSchema, row);
    const other = ends.get(value.machineId);
    const isLater = (value.retry?.number ?? 0) >= (other?.retry?.number ?? 0);
    if (other === undefined || isLater) ends.set(value.machineId, value);
  }
  return [...ends.values()].toSorted((a, b) => (a.machineId < b.machineId ? -1 : 1));
}

/** False if somebody else counts, or the run goes on again. */
async function countSome(
  ports: SweepPorts,
  { name, number, batch, runId }: Batch,
  some: readonly SequenceRecord[],
  last: string,
): Promise<boolean> {
  const what = `round ${number} of ${name}`;
  const wrote = await tryTransact(ports, once(what), async (tx) => {
    const [round, run] = [await loadRound(tx, name, number), await loadRun(tx, runId)];
    if (round === null || !round.value.uncounted.includes(batch)) return false;
    if (isJoined(round.value, batch)) return false;
    if (run === null || run.value.finishedAtMs === null) return false;
    const { counting } = round.value;
    const done = counting?.batch === batch ? counting.to : "";
    const rest = some.filter(({ machineId }) => machineId > done);
    const swept = await loadSwept(
      tx,
      name,
      rest.map(({ machineId }) => machineId),
    );
    const changes: RowChange[] = [];
    let { counts, tried } = round.value;
    for (const record of rest) {
      const before = swept.get(record.machineId) ?? null;
      const end = endOfMachine(record, round.value, before?.value ?? null);
      counts = counted(counts, "sent", { ended: end.state }, 1);
      tried = withTried(tried, record, end.state);
      changes.push(...sweptChange(name, record.machineId, before, end));
    }
    tx.stage(changes);
    const to = some.at(-1)?.machineId ?? last;
    const isWhole = to >= last;
    changeRound(tx, round, {
      ...round.value,
      counts,
      tried,
      counting: isWhole ? null : { batch, to },
      ...(isWhole ? without(round.value, batch) : {}),
    });
    return true;
  });
  return wrote.kind === "done" && wrote.value;
}

/** The round with the batch counted; whoever comes now joins the next one. */
function without(round: RoundRecord, batch: number) {
  const uncounted = round.uncounted.filter((each) => each !== batch);
  const isPresent = batch === round.batch;
  return { uncounted, ...(isPresent ? { batch: batch + 1, batchMachines: 0 } : {}) };
}

function endOfMachine(
  record: SequenceRecord,
  round: Pick<RoundRecord, "number">,
  before: Swept | null,
): Swept {
  const { machineName, outcome, sequenceId, endedAtMs, acceptedAtMs } = record;
  const atMs = endedAtMs ?? acceptedAtMs;
  const state = wordOf(endOf(record) ?? { state: record.state, code: null });
  const reached = state === REACHED ? { round: round.number, atMs } : (before?.reached ?? null);
  const detail = outcome?.detail ?? null;
  return sweptIn(round, machineName, { state, detail, sequenceId, atMs, reached });
}

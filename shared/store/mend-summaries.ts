import { placeOfRun, RUN, RUNNING, runKey, runningKey, SUMMARIES_KEY } from "../ledger/row/keys.ts";
import { sorted, valueOf } from "../ledger/row/set-aside.ts";
import { runSchema, type RunRecord } from "../ledger/run/run.ts";
import { runChanges } from "../ledger/run/run-changes.ts";
import { isSummarized, summariesSchema } from "../ledger/run/summary.ts";
import { tallyOf, wholeTally } from "../ledger/run/tally.ts";
import { historyRows, isPast } from "../ledger/sequence/history.ts";
import { CHANGES_MAX } from "../ledger/sequence/rows.ts";
import type { Ports } from "../ports.ts";
import { listSequences } from "./list-sequences.ts";
import { loadRun } from "./load.ts";
import { noteSetAside, unlessSetAside } from "./set-aside.ts";
import { commitOnce, tryTransact, usual, type Store, type Transaction } from "./transact.ts";

type MendPorts = Store & Pick<Ports, "log">;

/** One page of the Table service, and how many of them are read in one go. */
const PAGE = 1_000;
const PAGES_PER_GO = 10;
/** Each needs three requests, so that a go takes about a minute at most. */
const MENDS_PER_GO = 1_000;
/** Versions of the app change seldom, so nothing is compared for a while after a pass. */
const PASS_EVERY_MS = 6 * 3_600_000;

/**
 * Compares runs with their summaries, and writes what is missing or different because an older
 * version of the app has written the run, also in the history of machines. It goes on where the
 * last go ended. Returns how many it has mended.
 */
export async function mendSummaries(ports: MendPorts): Promise<number> {
  const row = await ports.ledger.read(SUMMARIES_KEY);
  const before = row === null ? null : valueOf(summariesSchema, row);
  const nowMs = Math.floor(ports.clock.earliest());
  const passedAtMs = before?.passedAtMs ?? null;
  const isPassed = before?.after === "" && passedAtMs !== null;
  if (isPassed && nowMs < passedAtMs + PASS_EVERY_MS) return 0;
  const { after, mended } = await goOn(ports, before?.after ?? "");
  const times = { after, passedAtMs: after === "" ? nowMs : passedAtMs };
  const body = { ...before, v: 1, ...times };
  await commitOnce(ports, [{ op: "upsert", key: SUMMARIES_KEY, body }]);
  if (mended > 0) ports.log("info", "summariesMended", { mended });
  return mended;
}

/** One go from the run `after` on; gives where the next one begins. */
async function goOn(ports: MendPorts, from: string): Promise<{ after: string; mended: number }> {
  const running = await runningKeys(ports);
  let [after, mended] = [from, 0];
  for (let page = 0; page < PAGES_PER_GO; page += 1) {
    const start = after === "" ? RUN.from : `${runKey(after)}!`;
    const rows = await ports.ledger.list(start, RUN.before, PAGE);
    const { readable, aside } = sorted(runSchema, rows);
    for (const each of aside) await noteSetAside(ports, each);
    for (const { value: run } of readable) {
      after = run.runId;
      if (isRight(run, running)) continue;
      if (await unlessSetAside(ports, false, () => mend(ports, run.runId))) mended += 1;
      if (mended >= MENDS_PER_GO) return { after, mended };
    }
    if (rows.length < PAGE) return { after: "", mended };
    after = rows.at(-1)?.key.slice(RUN.from.length) ?? "";
  }
  return { after, mended };
}

/** The keys of the running runs; null if they are more than one request gives. */
async function runningKeys({ ledger }: MendPorts): Promise<ReadonlySet<string> | null> {
  const rows = await ledger.list(RUNNING.from, RUNNING.before, PAGE);
  return rows.length < PAGE ? new Set(rows.map(({ key }) => key)) : null;
}

function isRight(run: RunRecord, running: ReadonlySet<string> | null): boolean {
  const key = runningKey(placeOfRun(run.requestedAtMs, run.runId));
  const isRunning = run.finishedAtMs === null;
  const isListed = running?.has(key) ?? isRunning;
  return isSummarized(run) && wholeTally(run) !== null && isListed === isRunning;
}

async function mend(ports: MendPorts, runId: string): Promise<boolean> {
  const mended = await tryTransact(ports, usual(`run ${runId}`), async (tx) => {
    const stored = await loadRun(tx, runId);
    if (stored === null) return false;
    const run = stored.value;
    const key = runningKey(placeOfRun(run.requestedAtMs, run.runId));
    const wasRunning = (await tx.read(key)) !== null;
    const isListed = wasRunning === (run.finishedAtMs === null);
    if (isSummarized(run) && wholeTally(run) !== null && isListed) return false;
    const tally = wholeTally(run) ?? (await countedTally(ports, tx, run));
    if (tally === null && run.tally === null && isSummarized(run) && isListed) return false;
    tx.stage(runChanges(stored, { ...run, tally }, wasRunning));
    return true;
  });
  return mended.kind === "done" && mended.value;
}

/**
 * Null if a row of the run cannot be read. Every end of a sequence writes the run. Whoever left the
 * tally as it was has left out the history of machines too, so that is written before.
 */
async function countedTally(
  ports: MendPorts,
  tx: Transaction,
  run: RunRecord,
): Promise<RunRecord["tally"]> {
  const { records, setAside } = await listSequences(tx, run);
  const rows = new Map(
    records
      .filter(isPast)
      .flatMap(historyRows)
      .map((row) => [row.key, row]),
  );
  const all = [...rows.values()];
  for (let from = 0; from < all.length; from += CHANGES_MAX) {
    await commitOnce(ports, all.slice(from, from + CHANGES_MAX));
  }
  return setAside.length === 0 ? tallyOf(records) : null;
}

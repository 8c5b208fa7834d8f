import { isoOf, isoOrNull } from "../ledger/instant.ts";
import { custodyKey } from "../ledger/keys.ts";
import type { Stored } from "../ledger/rows.ts";
import type { RunRecord } from "../ledger/run.ts";
import { owesResults, type SequenceRecord, type SequenceResult } from "../ledger/sequence.ts";
import { endOf, headOf } from "../evidence/chain.ts";
import { appendEntry, type CustodyEntry, type CustodyFields } from "../evidence/custody.ts";
import { backOff, type Limits } from "../limits/limits.ts";
import type { Ports } from "../ports.ts";
import { changesFor } from "./change-sequence.ts";
import { Contended } from "./contended.ts";
import { fetchResult, type Fetched } from "./fetch-result.ts";
import { loadRun, loadSequence } from "./load.ts";

export type CollectPorts = Pick<
  Ports,
  "ledger" | "bells" | "evidence" | "defender" | "clock" | "random" | "log"
>;

export interface CollectSettings {
  readonly limits: Limits;
  /** Version and commit of lrq, for the custody entry. */
  readonly version: string;
  readonly commit: string;
}

/** What collecting came to: all there, or rung again for later. */
export type Collected = { readonly kind: "done" | "later" | "unknown"; readonly stored: number };

/** Results one call fetches; the profile schema allows 50 commands a sequence. */
const RESULTS_MAX = 200;
const COMMIT_TRIES = 12;
const JITTER_MS = 200;
/**
 * A result that cannot be had is asked for this often, over about an hour, and then given up for
 * good.
 */
const FETCH_TRIES = 10;
const FETCH_WAITS_MOST = 40;

/**
 * Fetches what a finished sequence left behind, one result after the other. Safe to run twice at
 * once and to be cut off anywhere: nothing is overwritten, and a result is recorded, sealed and no
 * longer owed in one transaction.
 */
export async function collect(
  ports: CollectPorts,
  settings: CollectSettings,
  sequenceId: string,
): Promise<Collected> {
  let stored = 0;
  for (let done = 0; done < RESULTS_MAX; done += 1) {
    const record = await loadSequence(ports.ledger, sequenceId);
    if (record === null) {
      ports.log("error", "collectUnknown", { sequenceId });
      return { kind: "unknown", stored };
    }
    const owed = record.value.results.find((each) => each.state === "owed");
    if (owed === undefined) return { kind: "done", stored };
    const fetched = await fetchResult(ports, settings.limits, record.value, owed);
    const { part, index } = owed;
    ports.log("info", "fetched", { sequenceId, part, index, came: fetched.kind });
    if (fetched.kind === "noBudget") {
      await ports.bells.ringCollect(sequenceId, settings.limits.pollMs);
      return { kind: "later", stored };
    }
    const again = await note(ports, settings, record, owed, fetched);
    if (fetched.kind === "stored") stored += 1;
    if (again !== null) {
      await ports.bells.ringCollect(sequenceId, again);
      return { kind: "later", stored };
    }
  }
  return { kind: "later", stored };
}

/**
 * Records what came; returns how long to wait before the next try, or null if this result is
 * settled.
 */
async function note(
  ports: CollectPorts,
  settings: CollectSettings,
  record: Stored<SequenceRecord>,
  owed: SequenceResult,
  fetched: Exclude<Fetched, { kind: "noBudget" }>,
): Promise<number | null> {
  switch (fetched.kind) {
    case "stored":
      await seal(ports, settings, record, fetched);
      return null;
    case "unavailable":
      await replace(ports, record, { ...owed, state: "unavailable", detail: fetched.detail });
      return null;
    case "notYet": {
      const tries = owed.tries + 1;
      const over = tries >= FETCH_TRIES;
      const state = over ? "unavailable" : "owed";
      await replace(ports, record, { ...owed, state, tries, detail: fetched.detail });
      return over ? null : backOff(settings.limits.pollMs, tries, FETCH_WAITS_MOST);
    }
  }
}

/** The custody entry, the head of the run's chain, and the record, in one transaction. */
async function seal(
  ports: CollectPorts,
  settings: CollectSettings,
  first: Stored<SequenceRecord>,
  fetched: Extract<Fetched, { kind: "stored" }>,
): Promise<void> {
  let record = first;
  for (let attempt = 0; attempt < COMMIT_TRIES; attempt += 1) {
    const run = await loadRun(ports.ledger, record.value.runId);
    if (run === null) throw new Error(`run ${record.value.runId} is gone`);
    const entry = entryFor(run.value, record.value, fetched, {
      collectedAtMs: ports.clock.earliest(),
      version: settings.version,
      commit: settings.commit,
    });
    const after = withResult(record.value, fetched.result);
    const custody = headOf(entry);
    const onRun = (stands: RunRecord): RunRecord => ({ ...stands, custody });
    const changes = await changesFor(ports, record, after, ports.clock.earliest(), { onRun, run });
    const key = custodyKey(run.value.runId, entry.number);
    const outcome = await ports.ledger.commit([...changes, { op: "insert", key, body: entry }]);
    if (outcome.kind === "committed") return;
    const stands = await loadSequence(ports.ledger, record.value.sequenceId);
    if (stands === null || !isOwed(stands.value, fetched.result)) return;
    record = stands;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  // The bytes are stored and stay; the note that they are owed stays too, so the next try seals
  // them.
  throw new Contended(
    `a result of ${first.value.sequenceId} could not be sealed: others kept writing`,
  );
}

async function replace(
  ports: CollectPorts,
  first: Stored<SequenceRecord>,
  result: SequenceResult,
): Promise<void> {
  let record = first;
  for (let attempt = 0; attempt < COMMIT_TRIES; attempt += 1) {
    const after = withResult(record.value, result);
    const changes = await changesFor(ports, record, after, ports.clock.earliest());
    const outcome = await ports.ledger.commit(changes);
    if (outcome.kind === "committed") return;
    const stands = await loadSequence(ports.ledger, record.value.sequenceId);
    if (stands === null || !owesResults(stands.value) || !isOwed(stands.value, result)) return;
    record = stands;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
}

function withResult(record: SequenceRecord, result: SequenceResult): SequenceRecord {
  const results = record.results.map((each) => (isSame(each, result) ? result : each));
  return { ...record, results };
}

function isOwed(record: SequenceRecord, result: SequenceResult): boolean {
  return record.results.some((each) => isSame(each, result) && each.state === "owed");
}

function isSame(a: SequenceResult, b: SequenceResult): boolean {
  return a.part === b.part && a.index === b.index && a.actionId === b.actionId;
}

function entryFor(
  run: RunRecord,
  record: SequenceRecord,
  { result, fields }: Extract<Fetched, { kind: "stored" }>,
  at: { collectedAtMs: number; version: string; commit: string },
): CustodyEntry {
  const progress = record.progress.find(
    (each) => each.part === result.part && each.index === result.index,
  );
  const entry: CustodyFields = {
    ...fields,
    runId: run.runId,
    source: run.source,
    incidentId: run.incidentId,
    sequenceId: record.sequenceId,
    machineId: record.machineId,
    machineName: record.machineName,
    machineActionId: result.actionId,
    part: result.part,
    commandIndex: result.index,
    profile: record.profile,
    requestedBy: run.requestedBy,
    approvedBy: [...record.approvals.by],
    requestedAt: isoOf(run.requestedAtMs),
    submittedAt: isoOrNull(record.submittedAtMs),
    startedAt: isoOrNull(progress?.startedAtMs ?? null),
    endedAt: isoOrNull(progress?.endedAtMs ?? null),
    collectedAt: isoOf(at.collectedAtMs),
    lrqVersion: at.version,
    lrqCommit: at.commit,
  };
  return appendEntry(endOf(run.custody), entry);
}

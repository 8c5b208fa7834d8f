import { custodyKey } from "../../ledger/row/keys.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import {
  resultsDueAtMs,
  type SequenceRecord,
  type SequenceResult,
} from "../../ledger/sequence/sequence.ts";
import { headOf } from "../../evidence/chain.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { afterTry } from "../../limits/pace/next-try.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import type { Ports } from "../../ports.ts";
import { changeRun } from "../../store/change-run.ts";
import { moveSequence } from "../../store/change-sequence.ts";
import { loadRun, loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { transact, tryTransact, usual } from "../../store/transact.ts";
import { entryFor } from "./custody-entry.ts";
import { fetchResult, type Fetched } from "./fetch-result.ts";
import { storeRows } from "./store-rows.ts";

export type CollectPorts = Pick<
  Ports,
  "ledger" | "bells" | "evidence" | "rows" | "defender" | "clock" | "random" | "log"
>;

export interface CollectSettings {
  readonly limits: Limits;
  /**
   * For a day Defender has to say that it has no result of a completed command, before lrq gives it
   * up.
   */
  readonly absentMs?: number;
  /** Which command of a profile has rows. */
  readonly catalogue: Catalogue;
  /** Version and commit of lrq, for the custody entry. */
  readonly version: string;
  readonly commit: string;
}

/** The result of collecting: all is there, or some of it is due later. */
export type Collected = {
  readonly kind: "done" | "later" | "unknown" | "setAside";
  readonly stored: number;
};

/** It is not documented how long Defender keeps results. */
const ABSENT_MS = 86_400_000;

/** The most results that one call fetches; the profile schema allows 50 commands a sequence. */
const RESULTS_MAX = 200;
/** While the budget of links is spent, the next try waits for this many polls: a minute. */
const POLLS_WITHOUT_BUDGET = 4;
/**
 * A bell is never early by more than this part of a poll (5 s), because queues count in whole
 * seconds, rounded up.
 */
const POLLS_EARLY = 1 / 3;

/**
 * Fetches the results of a finished sequence, one after the other. Two may run at once, and it may
 * stop at any point: nothing is overwritten, and in one transaction a result is recorded, joins the
 * custody chain and is no longer owed. A result that Defender does not give now is due again later,
 * without a limit, until Defender itself has said for long enough that there is none. Only the
 * caller that records a try rings for the next one, so there is one chain of tries.
 */
export async function collect(
  ports: CollectPorts,
  settings: CollectSettings,
  sequenceId: string,
): Promise<Collected> {
  const aside = { kind: "setAside", stored: 0 } as const;
  return await unlessSetAside(ports, aside, () => collectOwed(ports, settings, sequenceId));
}

async function collectOwed(
  ports: CollectPorts,
  settings: CollectSettings,
  sequenceId: string,
): Promise<Collected> {
  let [stored, recorded] = [0, 0];
  for (let done = 0; done < RESULTS_MAX; done += 1) {
    const record = await loadSequence(ports.ledger, sequenceId);
    if (record === null) {
      ports.log("error", "collectUnknown", { sequenceId });
      return { kind: "unknown", stored };
    }
    const { pollMs } = settings.limits;
    const owed = dueBy(record.value, ports.clock.latest() + pollMs * POLLS_EARLY);
    if (owed === undefined) {
      const dueAtMs = resultsDueAtMs(record.value);
      // If the bell found nothing due, it was not needed: the caller that recorded the last try has
      // rung.
      if (dueAtMs !== null && recorded > 0) await ringAt(ports, sequenceId, dueAtMs);
      return { kind: dueAtMs === null ? "done" : "later", stored };
    }
    const fetched = await fetchResult(ports, settings.limits, record.value, owed);
    if (await noted(ports, settings, { record, owed, fetched })) {
      recorded += 1;
      if (fetched.kind === "stored") stored += 1;
    }
  }
  return { kind: "later", stored };
}

/** The first of the owed results that is due by then. */
function dueBy({ results }: SequenceRecord, atMs: number): SequenceResult | undefined {
  return results.find(({ state, dueAtMs }) => state === "owed" && (dueAtMs ?? 0) <= atMs);
}

async function ringAt(ports: CollectPorts, sequenceId: string, dueAtMs: number): Promise<void> {
  await ports.bells.ringCollect(sequenceId, Math.max(0, dueAtMs - ports.clock.earliest()));
}

/** One try: the record, the result, and the answer. */
interface Try {
  readonly record: Stored<SequenceRecord>;
  readonly owed: SequenceResult;
  readonly fetched: Fetched;
}

/** Records the answer; false if somebody else had recorded a try of the same result before. */
async function noted(
  ports: CollectPorts,
  settings: CollectSettings,
  { record, owed, fetched }: Try,
): Promise<boolean> {
  const { sequenceId } = record.value;
  const { part, index } = owed;
  const logged = { sequenceId, part, index, came: fetched.kind };
  const nowMs = Math.ceil(ports.clock.latest());
  switch (fetched.kind) {
    case "stored": {
      ports.log("info", "fetched", logged);
      // Before it is recorded: while it is owed, somebody tries again.
      const rows = await storeRows(ports, settings.catalogue, record.value, fetched.result);
      const result = { ...fetched.result, rows };
      return await seal(ports, settings, record, { ...fetched, result });
    }
    case "noBudget": {
      ports.log("info", "fetched", logged);
      const dueAtMs = nowMs + settings.limits.pollMs * POLLS_WITHOUT_BUDGET;
      return await replace(ports, record, owed, (each) =>
        each.state === "owed" ? { ...each, dueAtMs: Math.max(each.dueAtMs ?? 0, dueAtMs) } : each,
      );
    }
    case "notYet": {
      const status = record.value.progress.find((each) => isOf(each, owed))?.status;
      const { absentMs = ABSENT_MS, limits } = settings;
      const times = { nowMs, pollMs: limits.pollMs, absentMs };
      const next = afterTry(owed, fetched, { ...times, hasCompleted: status === "Completed" });
      const { detail, tries } = next;
      ports.log("warn", "fetched", {
        ...logged,
        tries,
        detail,
        ended: next.state === "unavailable",
      });
      return await replace(ports, record, owed, (each) =>
        isSame(each, owed) ? { ...each, ...next } : each,
      );
    }
  }
}

/**
 * The custody entry, the head of the run's chain, and the record, in one transaction. False if the
 * result is no longer owed. If it throws, the bytes stay stored and the note stays, too; the next
 * try writes the entry.
 */
async function seal(
  ports: CollectPorts,
  settings: CollectSettings,
  first: Stored<SequenceRecord>,
  fetched: Extract<Fetched, { kind: "stored" }>,
): Promise<boolean> {
  const { runId, sequenceId } = first.value;
  return await transact(ports, usual(sequenceId), async (tx) => {
    const before = tx.lost === null ? first : await loadSequence(tx, sequenceId);
    if (before === null || !isOwed(before.value, fetched.result)) return false;
    const run = await loadRun(tx, runId);
    if (run === null) throw new Error(`run ${runId} is gone`);
    const nowMs = ports.clock.earliest();
    const { version, commit } = settings;
    const at = { collectedAtMs: nowMs, version, commit };
    const entry = entryFor(run.value, before.value, fetched, at);
    changeRun(tx, run, { ...run.value, custody: headOf(entry) });
    tx.stage([{ op: "insert", key: custodyKey(runId, entry.number), body: entry }]);
    await moveSequence(tx, { before, after: withResult(before.value, fetched.result), nowMs });
    return true;
  });
}

/**
 * Only for the try that `owed` was read with. If there was another try, its own caller records it
 * and rings.
 */
async function replace(
  ports: CollectPorts,
  first: Stored<SequenceRecord>,
  owed: SequenceResult,
  change: (result: SequenceResult) => SequenceResult,
): Promise<boolean> {
  const { sequenceId } = first.value;
  const replaced = await tryTransact(ports, usual(sequenceId), async (tx) => {
    const before = tx.lost === null ? first : await loadSequence(tx, sequenceId);
    if (before === null || !isUntried(before.value, owed)) return false;
    const after = { ...before.value, results: before.value.results.map(change) };
    await moveSequence(tx, { before, after, nowMs: ports.clock.earliest() });
    return true;
  });
  return replaced.kind === "done" && replaced.value;
}

function isUntried(record: SequenceRecord, owed: SequenceResult): boolean {
  return record.results.some(
    (each) =>
      isSame(each, owed) &&
      each.state === "owed" &&
      each.tries === owed.tries &&
      each.dueAtMs === owed.dueAtMs,
  );
}

function withResult(record: SequenceRecord, result: SequenceResult): SequenceRecord {
  const results = record.results.map((each) =>
    isSame(each, result) ? { ...each, ...result } : each,
  );
  return { ...record, results };
}

function isOwed(record: SequenceRecord, result: SequenceResult): boolean {
  return record.results.some((each) => isSame(each, result) && each.state === "owed");
}

function isOf(command: { part: number; index: number }, result: SequenceResult): boolean {
  return command.part === result.part && command.index === result.index;
}

function isSame(a: SequenceResult, b: SequenceResult): boolean {
  return a.part === b.part && a.index === b.index && a.actionId === b.actionId;
}

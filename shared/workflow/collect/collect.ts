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
import type { Ports } from "../../ports.ts";
import { changeRun } from "../../store/change-run.ts";
import { moveSequence } from "../../store/change-sequence.ts";
import { loadRun, loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { transact, tryTransact, usual } from "../../store/transact.ts";
import { entryFor } from "./custody-entry.ts";
import { fetchResult, type Fetched } from "./fetch-result.ts";

export type CollectPorts = Pick<
  Ports,
  "ledger" | "bells" | "evidence" | "defender" | "clock" | "random" | "log"
>;

export interface CollectSettings {
  readonly limits: Limits;
  /** So long Defender has to say that it has no result of a command that completed; a day. */
  readonly absentMs?: number;
  /** Version and commit of lrq, for the custody entry. */
  readonly version: string;
  readonly commit: string;
}

/** What collecting came to: all there, or some of it due later. */
export type Collected = {
  readonly kind: "done" | "later" | "unknown" | "setAside";
  readonly stored: number;
};

/** How long Defender keeps results is documented nowhere. */
const ABSENT_MS = 86_400_000;

/** Results one call fetches; the profile schema allows 50 commands a sequence. */
const RESULTS_MAX = 200;
/** While the budget of links is spent, so many polls pass until the next try: a minute. */
const POLLS_WITHOUT_BUDGET = 4;
/** A bell is never so much of a poll (5 s) early: queues count in whole seconds, rounded up. */
const POLLS_EARLY = 1 / 3;

/**
 * Fetches what a finished sequence left behind, one result after the other. Safe to run twice at
 * once and to be cut off anywhere: nothing is overwritten, and a result is recorded, sealed and no
 * longer owed in one transaction. What cannot be had now is due again later, without end, until
 * Defender itself has said for long enough that there is no such result. Whoever records a try
 * rings for the next one, and nobody else: so there is one chain of tries.
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
      // A bell that found nothing due is a stray: whoever recorded the last try has rung.
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

/** One try: for which result of which record, and what came. */
interface Try {
  readonly record: Stored<SequenceRecord>;
  readonly owed: SequenceResult;
  readonly fetched: Fetched;
}

/** Records what came; false if somebody else had recorded a try of the same result before. */
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
    case "stored":
      ports.log("info", "fetched", logged);
      return await seal(ports, settings, record, fetched);
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
 * result is owed no longer. If it throws, the bytes are stored and stay, and so does the note that
 * they are owed: the next try seals them.
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

/** Only on the try that `owed` was read with: another's is recorded, and rung for, by another. */
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

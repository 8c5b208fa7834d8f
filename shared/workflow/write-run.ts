import type { AuditFacts } from "../evidence/audit.ts";
import { runKey } from "../ledger/keys.ts";
import { owing, withTargets } from "../ledger/notice.ts";
import { insertion, type RowChange, type Stored } from "../ledger/rows.ts";
import { withSequences, type RunRecord } from "../ledger/run.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { noticesOfWriting } from "../ledger/told.ts";
import type { Ports } from "../ports.ts";
import { auditedRun } from "./audit.ts";
import { loadRun } from "./load.ts";
import { listSequences } from "./list-sequences.ts";

export type Written =
  | {
      readonly kind: "written";
      readonly run: RunRecord;
      /** Sequences that were not there before. */
      readonly added: readonly SequenceRecord[];
      /** All that were, by id. */
      readonly known: ReadonlyMap<string, SequenceRecord>;
    }
  | { readonly kind: "keyTaken" };

/**
 * Two rows a sequence, one each for the run, the key and the log, and up to ten callbacks: under
 * the hundred of a transaction (Table service).
 */
const SEQUENCES_PER_COMMIT = 43;
/**
 * Each try but the last was lost to another writer of the same run; two requests cannot lose this
 * often.
 */
const TRIES = 12;

/**
 * Writes the run and those of its sequences that are new, up to 43 in a transaction; a small
 * incident is there whole or not at all. A big one that is cut off is told by `accepted < planned`,
 * and sending it again completes it.
 */
export async function writeRun(
  { ledger, clock, random }: Pick<Ports, "ledger" | "clock" | "random">,
  run: RunRecord,
  sequences: readonly SequenceRecord[],
  key: { key: string; body: unknown } | null,
  /** For the log of the run, once, with the first rows; told how many sequences are new. */
  factOf: (added: number) => AuditFacts,
): Promise<Written> {
  const added: SequenceRecord[] = [];
  let known = new Map<string, SequenceRecord>();
  let remaining = sequences;
  let stored: Stored<RunRecord> | null = null;
  let keyRow = key;
  let isLogged = false;
  for (let lost = 0; lost < TRIES;) {
    const chunk = remaining.slice(0, SEQUENCES_PER_COMMIT);
    const stands: RunRecord | null = stored?.value ?? null;
    const callbacks = withTargets(stands?.callbacks ?? [], run.callbacks);
    const grown = {
      ...withSequences(stands ?? run, chunk.length, remaining.length),
      callbacks,
    };
    const isJoined = callbacks.length > (stands?.callbacks.length ?? 0);
    if (stored !== null && chunk.length === 0 && keyRow === null && !isJoined) {
      return { kind: "written", run: stored.value, added, known };
    }
    const { run: body, rows } = auditedRun(grown, isLogged ? [] : [factOf(remaining.length)]);
    const outcome = await ledger.commit([
      written(runKey(run.runId), stored, body),
      ...(keyRow === null ? [] : [{ op: "insert", ...keyRow } satisfies RowChange]),
      ...chunk.flatMap((each) => insertion(each)),
      ...rows,
      ...owing(noticesOfWriting(stands, body, clock.earliest())),
    ]);
    if (outcome.kind === "committed") {
      stored = { value: body, etag: outcome.etags.get(runKey(run.runId)) ?? "" };
      added.push(...chunk);
      remaining = remaining.slice(chunk.length);
      keyRow = null;
      isLogged = true;
      if (remaining.length === 0) return { kind: "written", run: body, added, known };
      continue;
    }
    if (keyRow !== null && outcome.key === keyRow.key) return { kind: "keyTaken" };
    lost += 1;
    if (lost > 1) await clock.sleep(random.fraction() * 200);
    stored = await loadRun(ledger, run.runId);
    known = new Map(
      (await listSequences(ledger, run.runId)).map((each) => [each.sequenceId, each]),
    );
    const mine = new Set(added.map((each) => each.sequenceId));
    remaining = sequences.filter((each) => !known.has(each.sequenceId));
    known = new Map([...known].filter(([sequenceId]) => !mine.has(sequenceId)));
  }
  throw new Error(`run ${run.runId} could not be written: others kept writing it`);
}

function written(key: string, stored: Stored<RunRecord> | null, body: RunRecord): RowChange {
  return stored === null
    ? { op: "insert", key, body }
    : { op: "replace", key, body, etag: stored.etag };
}

import { OPENING, runIdOfOpening, openingsOf } from "../ledger/row/keys.ts";
import { makeReady } from "../ledger/sequence/moves.ts";
import { withApprovals } from "../ledger/run/approval.ts";
import { waitsForGate, placed } from "../ledger/run/gate.ts";
import { move, type Stored } from "../ledger/sequence/rows.ts";
import { openingSchema, type RunRecord } from "../ledger/run/run.ts";
import { sequenceSchema, type SequenceRecord } from "../ledger/sequence/sequence.ts";
import { sorted, valueOf } from "../ledger/row/set-aside.ts";
import { sequencesOf } from "../ledger/row/keys.ts";
import type { Ports, Row } from "../ports.ts";
import { listAll } from "./list-all.ts";
import { loadRun, unchanged } from "./load.ts";
import { rowsWithin, type Outstanding } from "./outstanding.ts";
import { noteSetAside, unlessSetAside } from "./set-aside.ts";
import { tryTransact, usual, type Transaction } from "./transact.ts";
import { unfold } from "./unfold.ts";

type GatePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** Gates change rarely. If there are more notes, the next poll does the rest. */
const NOTES_PER_POLL = 10;
/** Three rows each, the run and the note: under a transaction's 100 (Table service). */
const MOVES_PER_COMMIT = 30;
/** A run has at most some thousand sequences; each commit that is not lost moves 30. */
const COMMITS_MAX = 400;

/**
 * Moves the waiting sequences of runs whose gate has changed: forward if they may go now, back if
 * they may not. Returns how many it moved. Safe to run twice, and for several callers at once.
 */
export async function applyGates(ports: GatePorts, outstanding: Outstanding): Promise<number> {
  const notes = await rowsWithin(ports.ledger, outstanding, OPENING, NOTES_PER_POLL);
  let moved = 0;
  for (const note of notes) moved += await unlessSetAside(ports, 0, () => applyGate(ports, note));
  return moved;
}

/** The same for one run, for those who need it now. */
export async function applyGateOf(ports: GatePorts, runId: string): Promise<number> {
  const { from, before } = openingsOf(runId);
  let moved = 0;
  for (const note of await ports.ledger.list(from, before, NOTES_PER_POLL)) {
    moved += await unlessSetAside(ports, 0, () => applyGate(ports, note));
  }
  return moved;
}

/**
 * Goes on until every sequence of the run is at its right place. Then the note is deleted. Throws
 * `SetAside` if the note cannot be read: who knows what it asks for, deletes it.
 */
async function applyGate(ports: GatePorts, note: Row): Promise<number> {
  valueOf(openingSchema, note);
  let moved = 0;
  for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
    const applied = await tryTransact(
      ports,
      usual(note.key),
      async (tx) => await moveSome(ports, tx, note),
    );
    // Another poll finds the note, if it is still there.
    if (applied.kind === "contended" || applied.value === null) return moved;
    moved += applied.value.moved;
    if (applied.value.isLast) {
      const { runId, gate } = applied.value.run;
      ports.log("info", "gateApplied", { runId, moved, state: gate?.state ?? "open" });
      return moved;
    }
  }
  return moved;
}

/** Moves as many as one transaction takes; null if there are no more to move. */
async function moveSome(
  ports: GatePorts,
  tx: Transaction,
  note: Row,
): Promise<{ moved: number; isLast: boolean; run: RunRecord } | null> {
  if (tx.lost?.key === note.key) return null;
  // The run is read before its sequences, and written with them: a writer in between loses.
  const run = await loadRun(tx, runIdOfOpening(note.key));
  if (run === null) throw new Error(`the run of ${note.key} is gone, but its gate has changed`);
  const { sequences, isWhole } = await sequencesOfRun(ports, run.value);
  const nowMs = ports.clock.earliest();
  const changes = sequences.flatMap((before) => {
    const after = placedByGate(before.value, run.value, nowMs);
    return after === null ? [] : [{ before, after }];
  });
  const some = changes.slice(0, MOVES_PER_COMMIT);
  const isLast = some.length === changes.length;
  // While a sequence cannot be read, the note stays, because that sequence has to be moved, too.
  if (isLast && !isWhole && some.length === 0) return null;
  tx.stage([unchanged(run), ...some.flatMap(({ before, after }) => move(before, after))]);
  if (isLast && isWhole) tx.stage([{ op: "delete", key: note.key, etag: note.etag }]);
  return { moved: some.length, isLast, run: run.value };
}

/** All sequences, each with its own rows, because only those can be moved. */
async function sequencesOfRun(
  ports: GatePorts,
  { runId, accepted }: RunRecord,
): Promise<{ sequences: readonly Stored<SequenceRecord>[]; isWhole: boolean }> {
  let rows = await listAll(ports.ledger, sequencesOf(runId));
  if (rows.length < accepted) {
    await unfold(ports, runId);
    rows = await listAll(ports.ledger, sequencesOf(runId));
  }
  const { readable, aside } = sorted(sequenceSchema, rows);
  for (const each of aside) await noteSetAside(ports, each);
  const sequences = readable.map(({ row, value }) => ({ value, etag: row.etag }));
  return { sequences, isWhole: rows.length >= accepted && aside.length === 0 };
}

/** The sequence at its right place, or null if it is there. */
function placedByGate(
  record: SequenceRecord,
  run: RunRecord,
  nowMs: number,
): SequenceRecord | null {
  const { place, reason } = record;
  if (record.state !== "waiting" || !(place?.kind === "ready" || waitsForGate(record))) return null;
  const next = withApprovals(record, run.approval);
  const after = placed(next, run);
  if (after === next) return waitsForGate(record) ? makeReady(next, nowMs) : null;
  return after.reason?.code === reason?.code ? null : after;
}

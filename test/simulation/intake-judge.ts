import { isDeepStrictEqual } from "node:util";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";

/**
 * Looks at the rows in which accepted sequences stand before they have their own: each sequence
 * gets those once, with the transaction that ends its intake row, and as it was accepted.
 */
export interface IntakeJudge {
  committed(changes: readonly RowChange[], isThere: (sequenceId: string) => boolean): void;
  /** Accepted sequences without rows of their own, by id. */
  readonly planned: ReadonlyMap<string, SequenceRecord>;
}

/** `onPlanned` hears of every sequence that was accepted so. */
export function createIntakeJudge(
  court: Court,
  onPlanned: (record: SequenceRecord) => void,
): IntakeJudge {
  const planned = new Map<string, SequenceRecord>();
  const intakes = new Map<string, readonly SequenceRecord[]>();
  const pointers = new Set<string>();

  const takeIn = (key: string, body: unknown, isThere: (sequenceId: string) => boolean): void => {
    const records = recordsIn(body);
    intakes.set(key, records);
    for (const record of records) {
      const { sequenceId } = record;
      const isTwice = planned.has(sequenceId) || isThere(sequenceId);
      if (isTwice) court.fail("key", `${sequenceId} was accepted twice`);
      planned.set(sequenceId, record);
      onPlanned(record);
    }
  };
  const end = (key: string, inserted: ReadonlyMap<string, unknown>): void => {
    for (const record of intakes.get(key) ?? []) {
      const { sequenceId } = record;
      const isKept = isDeepStrictEqual(placeless(inserted.get(sequenceId)), placeless(record));
      if (!isKept) court.fail("kept", `${sequenceId} was accepted, and is gone with ${key}`);
      planned.delete(sequenceId);
    }
    intakes.delete(key);
  };
  return {
    planned,
    committed: (changes, isThere) => {
      const inserted = insertedIn(changes);
      for (const change of changes) {
        const { key, op } = change;
        if (key.startsWith("planned!")) {
          if (op === "delete") pointers.delete(key);
          else pointers.add(key);
        } else if (key.startsWith("intake!")) {
          if (op === "delete") end(key, inserted);
          else takeIn(key, change.body, isThere);
        }
      }
      for (const sequenceId of inserted.keys()) {
        if (planned.has(sequenceId))
          court.fail("key", `${sequenceId} has rows, but is planned too`);
      }
      checkPointers(court, intakes, pointers);
    },
  };
}

/** Its place among those that wait is settled when it is unfolded. */
function placeless(record: unknown): object {
  return { ...Object(record), pass: 0 };
}

function checkPointers(
  court: Court,
  intakes: ReadonlyMap<string, unknown>,
  pointers: ReadonlySet<string>,
): void {
  const wanted = [...intakes.keys()].map((key) => key.replace("intake!", "planned!"));
  if (wanted.length === pointers.size && wanted.every((key) => pointers.has(key))) return;
  court.fail("rows", `pointers ${[...pointers].join(", ")}; intakes ${wanted.join(", ")}`);
}

function insertedIn(changes: readonly RowChange[]): ReadonlyMap<string, unknown> {
  return new Map(
    changes.flatMap((each): [string, unknown][] =>
      each.op === "insert" && each.key.startsWith("sequence!")
        ? [[each.key.slice("sequence!".length), each.body]]
        : [],
    ),
  );
}

/** The records of an intake row, read in its own way, so that the program's mistakes show. */
export function recordsIn(body: unknown): SequenceRecord[] {
  const { shared, each }: { shared?: unknown; each?: unknown } = { ...Object(body) };
  const own: readonly unknown[] = Array.isArray(each) ? each : [];
  return own.map((one): SequenceRecord => Object.assign(Object({}), shared, one));
}

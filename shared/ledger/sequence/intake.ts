import { z } from "zod";
import { intakeKey, plannedKey, plannedKeyFor } from "../row/keys.ts";
import { insertion, type RowChange } from "./rows.ts";
import { valueOf } from "../row/set-aside.ts";
import { sequenceSchema, type SequenceRecord } from "./sequence.ts";
import { instant } from "../row/instant.ts";
import { rowObject } from "../row/row-object.ts";

/**
 * Sequences that were accepted together: the fields they share, and the other fields of each. Their
 * `pass` counts from 0 and gives their order; it is added to the end of the line when they are
 * unfolded.
 */
export const intakeSchema = rowObject({
  v: z.literal(1),
  shared: z.record(z.string(), z.unknown()),
  each: z.array(z.record(z.string(), z.unknown())).min(1),
});
type Intake = z.infer<typeof intakeSchema>;

/** The pointer to an intake row: when it was written, by the clock of the service. */
export const pointerSchema = rowObject({ v: z.literal(1), atMs: instant });

/**
 * Each sequence is two rows, and the intake row and its pointer are two more: together less than
 * the 100 of a transaction (Table service).
 */
const SEQUENCES_PER_INTAKE = 48;
/**
 * The most characters of records as JSON: one intake fits into a row (450,000), and its unfolded
 * rows into 4 MiB.
 */
const CHARACTERS_PER_INTAKE = 400_000;

/**
 * The intake rows of accepted sequences, which are there until they get their own rows. Each row
 * has as many as one later transaction can unfold. `from` is how many the run had accepted before.
 */
export function folding(
  runId: string,
  from: number,
  records: readonly SequenceRecord[],
  atMs: number,
): RowChange[] {
  const pointer: z.infer<typeof pointerSchema> = { v: 1, atMs: Math.floor(atMs) };
  let number = from;
  return byProfile(records)
    .flatMap(cut)
    .flatMap((some): RowChange[] => {
      const key = intakeKey(runId, number);
      const pointerKey = plannedKey(runId, number);
      number += some.length;
      return [
        { op: "insert", key, body: folded(some) },
        { op: "insert", key: pointerKey, body: pointer },
      ];
    });
}

/**
 * The changes that replace an intake row by the own rows of its sequences, in one transaction. They
 * join the line behind `pass`. The ETag of the row is the guard, so this happens once.
 */
export function unfolding(
  row: { readonly key: string; readonly body: unknown; readonly etag: string },
  pass: number,
): RowChange[] {
  const records = sequencesIn(row);
  return [
    { op: "delete", key: row.key, etag: row.etag },
    { op: "delete", key: plannedKeyFor(row.key), etag: "*" },
    ...records.flatMap((each) => insertion({ ...each, pass: pass + 1 + each.pass })),
  ];
}

/** The sequences in an intake row. Throws `SetAside` if it or one of them has another form. */
export function sequencesIn({ key, body }: { readonly key: string; readonly body: unknown }) {
  const { shared, each } = valueOf(intakeSchema, { key, body });
  return each.map((own) => valueOf(sequenceSchema, { key, body: { ...shared, ...own } }));
}

/** Sequences of one profile have the same commands, so they share a row. */
function byProfile(records: readonly SequenceRecord[]): SequenceRecord[][] {
  const groups = new Map<string, SequenceRecord[]>();
  for (const record of records) {
    const { name } = record.profile;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [record]);
    else group.push(record);
  }
  return [...groups.values()];
}

function cut(records: readonly SequenceRecord[]): SequenceRecord[][] {
  const intakes: SequenceRecord[][] = [];
  let characters = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    const last = intakes.at(-1);
    const isFull =
      last === undefined ||
      last.length === SEQUENCES_PER_INTAKE ||
      characters + size > CHARACTERS_PER_INTAKE;
    if (isFull) intakes.push([record]);
    else last.push(record);
    characters = isFull ? size : characters + size;
  }
  return intakes;
}

/**
 * The commands and most other fields are the same for all machines of a profile. They are written
 * once.
 */
function folded(records: readonly SequenceRecord[]): Intake {
  const fields = records.map((record) => new Map<string, unknown>(Object.entries(record)));
  const [first = new Map<string, unknown>()] = fields;
  const shared = [...first].filter(([name, value]) => {
    const text = JSON.stringify(value);
    return fields.every((each) => JSON.stringify(each.get(name)) === text);
  });
  const names = new Set(shared.map(([name]) => name));
  const own = (each: ReadonlyMap<string, unknown>) =>
    [...each].filter(([name]) => !names.has(name));
  return {
    v: 1,
    shared: Object.fromEntries(shared),
    each: fields.map((each) => Object.fromEntries(own(each))),
  };
}

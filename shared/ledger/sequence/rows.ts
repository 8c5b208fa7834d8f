import { z } from "zod";
import { behindKey, laterKey, machineKey, owedKey, readyKey, sequenceKey } from "../row/keys.ts";
import { historyRows, isPast, withHistory } from "./history.ts";
import { holdsMachine, rankOf, resultsDueAtMs, type SequenceRecord } from "./sequence.ts";
import { fineInstant } from "../row/instant.ts";
import { rowObject } from "../row/row-object.ts";

/** The lease on a machine: which sequence holds it, and whether others wait behind it. */
export const machineSchema = rowObject({
  v: z.literal(1),
  sequenceId: z.string(),
  waiters: z.boolean(),
});
export type MachineLease = z.infer<typeof machineSchema>;

/**
 * A row of the waiting index: its machine and its expiry, so that expired sequences, and those of a
 * machine, are found without their records; null in rows from before these fields.
 * `readyAtMs` is since when it is ready; null in rows from before it, and in those that are not.
 */
export const indexSchema = rowObject({
  v: z.literal(1),
  machineId: z.string(),
  machineName: z.string().nullable().default(null),
  expiresAtMs: fineInstant.nullable().default(null),
  readyAtMs: fineInstant.nullable().default(null),
});

/**
 * The note that a sequence's results are still to be fetched: when the next try is due, and the
 * result of the last one.
 */
export const owedSchema = rowObject({
  v: z.literal(1),
  dueAtMs: fineInstant,
  detail: z.string().nullable().default(null),
});
type OwedNote = z.infer<typeof owedSchema>;

/**
 * A change to a row, for a commit. The ETag `*` matches any version. An upsert writes the row
 * whether it is there or not; another row of the commit has to guard it.
 */
export type RowChange =
  | { readonly op: "insert"; readonly key: string; readonly body: unknown }
  | { readonly op: "replace"; readonly key: string; readonly body: unknown; readonly etag: string }
  | { readonly op: "upsert"; readonly key: string; readonly body: unknown }
  | { readonly op: "delete"; readonly key: string; readonly etag: string };

/**
 * What a transaction of the Table service takes: 100 changes, and 4 MiB. A character needs at most
 * three bytes of that.
 */
export const CHANGES_MAX = 100;
export const CHARACTERS_MAX = 1_200_000;

/** The characters of a transaction that the bodies of these changes need. */
export function charactersOf(changes: readonly RowChange[]): number {
  const sizes = changes.map((each) =>
    each.op === "delete" ? 0 : JSON.stringify(each.body).length,
  );
  return sizes.reduce((sum, each) => sum + each, 0);
}

/** A value as it is in the ledger. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/**
 * The rows that a record decides: its place in the waiting index, its machine lease, the note that
 * results are owed. Only the record decides them, so no row can contradict it.
 */
export function rowsOf(record: SequenceRecord): Map<string, unknown> {
  const rows = new Map<string, unknown>();
  const index = indexKey(record);
  const { machineId, machineName, expiresAtMs } = record;
  if (index !== null) {
    const body = { v: 1, machineId, machineName, expiresAtMs };
    rows.set(
      index,
      record.place?.kind === "ready" ? { ...body, readyAtMs: readyAt(record) } : body,
    );
  }
  if (holdsMachine(record)) {
    const lease: MachineLease = { v: 1, sequenceId: record.sequenceId, waiters: false };
    rows.set(machineKey(record.machineId), lease);
  }
  const note = noteOf(record);
  if (note !== null) rows.set(owedKey(record.sequenceId), note);
  return rows;
}

function readyAt({ readyAtMs, acceptedAtMs }: SequenceRecord): number {
  return readyAtMs ?? acceptedAtMs;
}

function noteOf(record: SequenceRecord): OwedNote | null {
  const dueAtMs = resultsDueAtMs(record);
  if (dueAtMs === null) return null;
  const inTrouble = record.results.find((each) => each.state === "owed" && each.detail !== null);
  return { v: 1, dueAtMs, detail: inTrouble?.detail ?? null };
}

/** The rows to write for `record`, a new sequence. */
export function insertion(record: SequenceRecord): RowChange[] {
  const rows = [...rowsOf(record)].map(([key, body]): RowChange => ({ op: "insert", key, body }));
  return [{ op: "insert", key: sequenceKey(record.sequenceId), body: record }, ...rows];
}

/**
 * The changes that replace `before` by `after` in the ledger. The record's ETag guards all of them.
 * A lease that ends is also guarded by its own ETag (`leaseEtag`), because others may have queued
 * behind it meanwhile.
 */
export function move(
  before: Stored<SequenceRecord>,
  after: SequenceRecord,
  leaseEtag: string | null = null,
): RowChange[] {
  const old = rowsOf(before.value);
  const next = rowsOf(after);
  const gone = [...old.keys()].filter((key) => !next.has(key));
  const added = [...next].filter(([key]) => !old.has(key));
  return [
    {
      op: "replace",
      key: sequenceKey(after.sequenceId),
      body: withHistory(after),
      etag: before.etag,
    },
    ...gone.map((key): RowChange => ({ op: "delete", key, etag: etagFor(key, leaseEtag) })),
    ...added.map(([key, body]): RowChange => ({ op: "insert", key, body })),
    ...renewal(noteOf(before.value), noteOf(after), after.sequenceId),
    ...(isPast(after) && !before.value.inHistory ? historyRows(after) : []),
  ];
}

/** A note that stays gets the time of the next try. */
function renewal(old: OwedNote | null, next: OwedNote | null, sequenceId: string): RowChange[] {
  if (old === null || next === null) return [];
  if (old.dueAtMs === next.dueAtMs && old.detail === next.detail) return [];
  return [{ op: "replace", key: owedKey(sequenceId), body: next, etag: "*" }];
}

/** True if the move gives up the machine, so that the next one behind it has to be let forward. */
export function freesMachine(before: SequenceRecord, after: SequenceRecord): boolean {
  return holdsMachine(before) && !holdsMachine(after);
}

function etagFor(key: string, leaseEtag: string | null): string {
  if (!key.startsWith("machine!")) return "*";
  if (leaseEtag === null) throw new Error(`${key} ends, but its lease was not read`);
  return leaseEtag;
}

function indexKey(record: SequenceRecord): string | null {
  if (record.place === null) return null;
  const { lane, pass } = rankOf(record);
  switch (record.place.kind) {
    case "ready":
      return readyKey(lane, pass, record.sequenceId);
    case "later":
      return laterKey(record.place.dueAtMs, record.sequenceId);
    case "behind":
      return behindKey(record.machineId, lane, pass, record.sequenceId);
  }
}

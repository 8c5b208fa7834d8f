import { createHash } from "node:crypto";
import { z } from "zod";
import { historyKey, hostnameKey } from "../row/keys.ts";
import { rowObject } from "../row/row-object.ts";
import type { SequenceRecord } from "./sequence.ts";

/** A sequence in the history of its machine; its key holds all but the name. */
export const historySchema = rowObject({ v: z.literal(1), machineName: z.string().nullable() });
/** A machine with this name; its key has the hash of the first label, and the machine's id. */
export const hostnameSchema = rowObject({ v: z.literal(1), machineName: z.string() });

/** A row that is written whether it is there or not. */
interface Upsert {
  readonly op: "upsert";
  readonly key: string;
  readonly body: unknown;
}

/** True for a sequence that has been claimed, or has ended: more than a place in the line. */
export function isPast({ state, attempts, attempt }: SequenceRecord): boolean {
  return state !== "waiting" || attempts > 0 || attempt > 0;
}

/** The record as it is written: once it is past, it says that the history has it. */
export function withHistory(record: SequenceRecord): SequenceRecord {
  return record.inHistory || !isPast(record) ? record : { ...record, inHistory: true };
}

/**
 * The rows by which a machine finds the sequence, and a name the machine. What is in them never
 * changes, so it does no harm to write them again.
 */
export function historyRows(record: SequenceRecord): Upsert[] {
  const { machineId, machineName, acceptedAtMs, sequenceId } = record;
  const key = historyKey(machineId, acceptedAtMs, sequenceId);
  const own: Upsert = { op: "upsert", key, body: { v: 1, machineName } };
  if (machineName === null) return [own];
  const named = hostnameKey(labelHashOf(machineName), machineId);
  return [own, { op: "upsert", key: named, body: { v: 1, machineName } }];
}

/** The hash of the first label of a name, in any case; a name can have what no key may have. */
export function labelHashOf(name: string): string {
  const [label = ""] = name.toLowerCase().split(".");
  return createHash("sha256").update(label).digest("hex").slice(0, 32);
}

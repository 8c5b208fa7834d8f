import { createHash } from "node:crypto";

import { z } from "zod";

import { canonicalJson } from "../plan/canonical-json.ts";
import { reportedName } from "./reported-text.ts";

/** Characters kept of a name that a machine reported; file systems allow names of 255. */
const MAX_REPORTED_CHARS = 255;

/** `previous` of the first entry of a run. */
const NO_HASH = "0".repeat(64);

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();
const size = z.int().nonnegative();
const ordinal = z.int().nonnegative();

const commandSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("RunScript"),
    scriptName: z.string(),
    args: z.string().nullable(),
    /** Of the library file, where it is known. */
    scriptSha256: hash.nullable(),
  }),
  z.strictObject({ type: z.literal("GetFile"), path: z.string() }),
]);

const fieldsSchema = z.strictObject({
  runId: z.string(),
  sequenceId: z.string(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  machineActionId: z.string(),
  part: ordinal,
  commandIndex: ordinal,
  command: commandSchema,
  profile: z.strictObject({ name: z.string(), version: ordinal, hash: z.string() }),
  requestedBy: z.string(),
  approvedBy: z.string().nullable(),
  requestedAt: instant,
  submittedAt: instant.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  collectedAt: instant,
  storedAs: z.string(),
  servedName: z.string().nullable(),
  size,
  sha256: hash,
  content: z.strictObject({ encoding: z.literal("gzip"), size, sha256: hash }).nullable(),
  lrqVersion: z.string(),
});

/**
 * One result in the custody chain of a run. Instants are ISO 8601 in UTC; `startedAt` and `endedAt`
 * are Defender's. `number` counts from 1; `previous` is the hash of the entry before, 64 zeros for
 * the first; `hash` is the SHA-256 of the canonical JSON of all other members.
 */
export const custodyEntrySchema = z.strictObject({
  v: z.literal(1),
  number: z.int().positive(),
  previous: hash,
  ...fieldsSchema.shape,
  hash,
});

export type CustodyEntry = Readonly<z.infer<typeof custodyEntrySchema>>;
/** What is known of a result when it is stored; the chain adds the rest. */
export type CustodyFields = Readonly<z.infer<typeof fieldsSchema>>;
/** The end of a chain: enough to append to it, and to tell later that nothing was cut off. */
export type CustodyHead = Pick<CustodyEntry, "number" | "hash">;

export type Verdict =
  | { readonly kind: "ok"; readonly head: CustodyHead | null }
  /** `position` counts entries from 1; `why` is the first thing found wrong. */
  | { readonly kind: "broken"; readonly position: number; readonly why: string };

/**
 * The entry that follows `head` (null: the first of its run). Names that a machine reported are cut
 * and made harmless here. Throws if the fields are not what they have to be: nothing wrong gets
 * sealed.
 */
export function appendEntry(head: CustodyHead | null, fields: CustodyFields): CustodyEntry {
  const sealed = {
    v: 1,
    number: (head?.number ?? 0) + 1,
    previous: head?.hash ?? NO_HASH,
    ...fields,
    machineName: shortened(fields.machineName),
    servedName: shortened(fields.servedName),
  };
  return custodyEntrySchema.parse({ ...sealed, hash: hashOf(sealed) });
}

/**
 * Recomputes a chain from its entries as read from JSON. Without `expected`, a head kept elsewhere,
 * a chain whose end was cut off, or that somebody forged anew as a whole, cannot be told from a
 * true one.
 */
export function verifyChain(
  entries: readonly unknown[],
  expected: CustodyHead | null = null,
): Verdict {
  let head: CustodyHead | null = null;
  let runId: string | null = null;
  for (const [before, entry] of entries.entries()) {
    const read = custodyEntrySchema.safeParse(entry);
    const why = read.success
      ? wrongWith(read.data, entry, head, runId)
      : malformed(read.error.issues[0]);
    if (why !== null) return { kind: "broken", position: before + 1, why };
    if (read.success) {
      head = { number: read.data.number, hash: read.data.hash };
      runId = read.data.runId;
    }
  }
  if (expected !== null && (head?.hash !== expected.hash || head.number !== expected.number)) {
    const why = `ends at entry ${head?.number ?? 0}, not at the expected head ${expected.number}`;
    return { kind: "broken", position: entries.length, why };
  }
  return { kind: "ok", head };
}

function wrongWith(
  entry: CustodyEntry,
  raw: unknown,
  head: CustodyHead | null,
  runId: string | null,
): string | null {
  const number = (head?.number ?? 0) + 1;
  if (entry.number !== number) return `entry ${number} is missing: here stands ${entry.number}`;
  if (entry.previous !== (head?.hash ?? NO_HASH)) {
    return `entry ${number} does not follow the one before it`;
  }
  // Hashed as read, not as parsed: nothing may hide in what the schema does not look at.
  const { hash: _, ...sealed }: Record<string, unknown> = { ...Object(raw) };
  if (entry.hash !== hashOf(sealed)) return `entry ${number} was changed after it was sealed`;
  if (runId !== null && entry.runId !== runId) return `entry ${number} belongs to another run`;
  return null;
}

function malformed(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.map(String).join(".") ?? "";
  return `not a custody entry of version 1 (${path}: ${issue?.message ?? ""})`;
}

function hashOf(sealed: object): string {
  return createHash("sha256").update(canonicalJson(sealed)).digest("hex");
}

function shortened(reported: string | null): string | null {
  return reported === null ? null : reportedName(reported, MAX_REPORTED_CHARS);
}

import { z } from "zod";
import {
  type ChainEnd,
  type ChainKind,
  hashSchema as hash,
  linkShape,
  sealed,
  type Verdict,
  verifyLinks,
} from "./chain.ts";
import { reportedName } from "./reported-text.ts";

export type { Verdict } from "./chain.ts";

/** Characters that lrq keeps of a name that a machine reported; file systems allow 255. */
const MAX_REPORTED_CHARS = 255;

const instant = z.iso.datetime();
const size = z.int().nonnegative();
const ordinal = z.int().nonnegative();

const commandSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("RunScript"),
    scriptName: z.string(),
    args: z.string().nullable(),
    /** Of the file as Defender listed it last before the claim; null if it was not asked. */
    scriptSha256: hash.nullable(),
  }),
  z.strictObject({ type: z.literal("GetFile"), path: z.string() }),
]);

/**
 * The library files of a sequence's part, as Defender listed them at `listedAt`, before the claim.
 * `pinned` is false if its profile may run files that nobody pinned. `changedAt` is not null if a
 * list already showed that one of them was changed while the sequence ran.
 */
const librarySchema = z.strictObject({
  pinned: z.boolean(),
  listedAt: instant.nullable(),
  files: z.array(z.strictObject({ name: z.string(), sha256: hash.nullable() })),
  changedAt: instant.nullable(),
});

const fieldsSchema = z.strictObject({
  runId: z.string(),
  /** The sender's id of the incident. */
  source: z.string(),
  incidentId: z.string(),
  sequenceId: z.string(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  machineActionId: z.string(),
  part: ordinal,
  commandIndex: ordinal,
  command: commandSchema,
  /**
   * Null if no library file was used, or if lrq did not check the library. Entries of version 1
   * have no such member.
   */
  library: librarySchema.nullable().optional(),
  profile: z.strictObject({ name: z.string(), version: ordinal, hash: z.string() }),
  /** The caller, by its name in the settings. */
  requestedBy: z.string(),
  /**
   * The callers who approved it, none if it needed no approval; null in entries of the first
   * version.
   */
  approvedBy: z.array(z.string()).nullable(),
  requestedAt: instant,
  submittedAt: instant.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  collectedAt: instant,
  /**
   * Defender's clock minus ours, measured when the link was asked for, and exact within `withinMs`.
   * Null if Defender's answer had no time.
   */
  clockOffset: z.strictObject({ ms: z.int(), withinMs: ordinal }).nullable(),
  storedAs: z.string(),
  servedName: z.string().nullable(),
  size,
  sha256: hash,
  content: z.strictObject({ encoding: z.literal("gzip"), size, sha256: hash }).nullable(),
  lrqVersion: z.string(),
  lrqCommit: z.string(),
});

/**
 * One result in the custody chain of a run. Instants are ISO 8601 in UTC; `startedAt` and `endedAt`
 * are Defender's. `number` counts from 1; `previous` is the hash of the entry before, 64 zeros for
 * the first; `hash` is the SHA-256 of the canonical JSON of all other members. lrq writes version 2.
 */
export const custodyEntrySchema = z.strictObject({
  ...linkShape,
  v: z.literal([1, 2]),
  ...fieldsSchema.shape,
});

export type CustodyEntry = Readonly<z.infer<typeof custodyEntrySchema>>;
/** What is known of a result when it is stored; the chain adds the rest. */
export type CustodyFields = Readonly<z.infer<typeof fieldsSchema>> & {
  readonly library: z.infer<typeof librarySchema> | null;
};
/**
 * The end of a chain. It is enough to append to the chain, and to see later that nothing was cut
 * off.
 */
export type CustodyHead = ChainEnd;

/**
 * The entry that follows `head` (null: the first of its run). Names that a machine reported are cut
 * and made harmless here. Throws if the fields are not valid, so that nothing wrong gets into the
 * chain.
 */
export function appendEntry(head: CustodyHead | null, fields: CustodyFields): CustodyEntry {
  const named = {
    ...fields,
    v: 2 as const,
    machineName: shortened(fields.machineName),
    servedName: shortened(fields.servedName),
  };
  return custodyEntrySchema.parse(sealed(head, named));
}

/**
 * Verifies a chain by computing it again from its entries as read from JSON. `expected` is a head
 * that was kept elsewhere. Without it nobody can see that the end of a chain was cut off, or that
 * the whole chain was forged. `seen` gets each entry as it was read, in order, up to the first
 * broken one, so that a caller need not read them again.
 */
export function verifyChain(
  entries: readonly unknown[],
  expected: CustodyHead | null = null,
  seen?: (entry: CustodyEntry) => void,
): Verdict {
  return verifyLinks(CUSTODY, entries, expected, seen);
}

const CUSTODY: ChainKind<CustodyEntry> = {
  noun: "entry",
  schema: custodyEntrySchema.refine(({ v, library }) => (v === 2) === (library !== undefined), {
    error: "version 2 says what was in the library, version 1 does not",
  }),
  chainOf: (entry) => entry.runId,
  stranger: "belongs to another run",
};

function shortened(reported: string | null): string | null {
  return reported === null ? null : reportedName(reported, MAX_REPORTED_CHARS);
}

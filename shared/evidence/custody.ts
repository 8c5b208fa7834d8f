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
    /** Of the library file, if it is known. */
    scriptSha256: hash.nullable(),
  }),
  z.strictObject({ type: z.literal("GetFile"), path: z.string() }),
]);

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
 * the first; `hash` is the SHA-256 of the canonical JSON of all other members.
 */
export const custodyEntrySchema = z.strictObject({
  ...linkShape,
  ...fieldsSchema.shape,
});

export type CustodyEntry = Readonly<z.infer<typeof custodyEntrySchema>>;
/** What is known of a result when it is stored; the chain adds the rest. */
export type CustodyFields = Readonly<z.infer<typeof fieldsSchema>>;
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
  schema: custodyEntrySchema,
  chainOf: (entry) => entry.runId,
  stranger: "belongs to another run",
};

function shortened(reported: string | null): string | null {
  return reported === null ? null : reportedName(reported, MAX_REPORTED_CHARS);
}

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

/** Characters kept of a name that a machine reported; file systems allow names of 255. */
const MAX_REPORTED_CHARS = 255;

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
  /** The incident as its sender names it. */
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
  /** The caller, by the name the settings give it. */
  requestedBy: z.string(),
  /**
   * The callers who approved it, none where nobody had to; null in entries of the first version.
   */
  approvedBy: z.array(z.string()).nullable(),
  requestedAt: instant,
  submittedAt: instant.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  collectedAt: instant,
  /**
   * Defender's clock minus ours, as measured when the link was asked for: true within `withinMs`.
   * Null when Defender's answer told no time.
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
/** The end of a chain: enough to append to it, and to tell later that nothing was cut off. */
export type CustodyHead = ChainEnd;

/**
 * The entry that follows `head` (null: the first of its run). Names that a machine reported are cut
 * and made harmless here. Throws if the fields are not what they have to be: nothing wrong gets
 * sealed.
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
 * Recomputes a chain from its entries as read from JSON. Without `expected`, a head kept elsewhere,
 * a chain whose end was cut off, or that somebody forged anew as a whole, cannot be told from a
 * true one. `seen` is given each entry as it was read, in their order, up to the first that is
 * broken: whoever needs them as well need not read them again.
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

import { z } from "zod";
import { instant } from "../row/instant.ts";
import { overKey } from "../row/keys.ts";
import { rowObject } from "../row/row-object.ts";
import type { RowChange } from "../sequence/rows.ts";
import { chainHeadSchema, type ChainHead } from "./chain-head.ts";

/** The last seal of a run: its number, its hash, and how much of the run it covers. */
export const runSealSchema = rowObject({
  number: z.number().int().min(1),
  /** The SHA-256 of the sealed statement, in hex. */
  hash: z.string(),
  atMs: instant,
  /** Sequences that the run had accepted then. */
  accepted: z.number().int(),
  /** The end of its custody chain then. */
  custody: chainHeadSchema,
});
type RunSeal = z.infer<typeof runSealSchema>;

/** The note that a run is over and has to be sealed; its key holds everything. */
export const overSchema = rowObject({ v: z.literal(1) });

/** One piece of the text of a seal; all pieces of one seal, in order, are its statement. */
export const sealPieceSchema = rowObject({ v: z.literal(1), text: z.string() });

/** The fields of a run that its seals depend on. */
interface Sealable {
  readonly runId: string;
  readonly finishedAtMs: number | null;
  readonly accepted: number;
  readonly custody: ChainHead;
  readonly seal: RunSeal | null;
  readonly sealAsked: number;
}

/** True if the run is finished, and nothing has joined it since it was sealed. */
export function isSealed({ finishedAtMs, seal, accepted, custody }: Sealable): boolean {
  return (
    finishedAtMs !== null &&
    seal !== null &&
    seal.accepted === accepted &&
    seal.custody.count === custody.count &&
    seal.custody.head === custody.head
  );
}

/** True if the run is finished and has no seal, or only one from before it grew. */
export function wantsSeal(run: Sealable): boolean {
  return run.finishedAtMs !== null && !isSealed(run);
}

/** The number of the next seal. */
export function nextSeal({ seal }: Pick<Sealable, "seal">): number {
  return (seal?.number ?? 0) + 1;
}

/**
 * The run with its next seal asked for, if it needs one. If a result has just joined the chain,
 * nothing is asked for, because the write that follows the last result of a sequence asks.
 */
export function askingForSeal<R extends Sealable>(before: Sealable, after: R): R {
  if (!wantsSeal(after) || before.custody.count !== after.custody.count) return after;
  return { ...after, sealAsked: nextSeal(after) };
}

/** The note that tells the poll to seal the run, unless that was asked for before. */
export function overNote(before: Sealable, after: Sealable): RowChange[] {
  if (before.sealAsked === after.sealAsked) return [];
  return [{ op: "insert", key: overKey(after.runId, after.sealAsked), body: { v: 1 } }];
}

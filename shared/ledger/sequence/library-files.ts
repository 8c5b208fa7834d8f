import { z } from "zod";
import { instant } from "../row/instant.ts";
import { rowObject } from "../row/row-object.ts";

/**
 * The library files that a claim was made for: the SHA-256 (hex) of each as Defender listed it at
 * `listedAtMs`, epoch milliseconds; null if Defender was not asked for it.
 */
export const claimedFilesSchema = rowObject({
  /** False if its profile may run files that nobody pinned. */
  pinned: z.boolean(),
  listedAtMs: instant.nullable(),
  files: z.array(rowObject({ name: z.string(), sha256: z.string().nullable() })),
  /** When a list first showed that one of them was changed while the sequence ran. */
  changedAtMs: instant.nullable(),
});
export type ClaimedFiles = z.infer<typeof claimedFilesSchema>;

/**
 * Why the library holds a sequence back: a file is not the pinned one (`listed` null: it is not
 * there; `pinned` null: it has no pin), or Defender does not say what is in the library.
 */
export const libraryHoldSchema = z.discriminatedUnion("code", [
  rowObject({
    code: z.literal("libraryDrift"),
    file: z.string(),
    pinned: z.string().nullable(),
    listed: z.string().nullable(),
    sinceMs: instant,
  }),
  rowObject({ code: z.literal("libraryUnknown"), detail: z.string(), sinceMs: instant }),
]);
export type LibraryHold = z.infer<typeof libraryHoldSchema>;

import { z } from "zod";
import { instant } from "../row/instant.ts";
import { COMMAND_ORDER } from "../../plan/command/command.ts";
import { rowObject } from "../row/row-object.ts";

/** The content of a RunScript result file, in excerpts; all of it is in the evidence store. */
const script = rowObject({
  exitCode: z.number().nullable(),
  output: z.string(),
  errors: z.string(),
});

/** One result of a RunScript or GetFile: still to fetch, stored, or unavailable. */
export const resultSchema = rowObject({
  part: z.number().int(),
  index: z.number().int(),
  type: z.enum(COMMAND_ORDER),
  actionId: z.string(),
  state: z.enum(["owed", "stored", "unavailable"]),
  tries: z.number().int(),
  detail: z.string().nullable(),
  /** When the next try is due; null is at once. */
  dueAtMs: instant.nullable().default(null),
  /** When Defender first said that it has no such result; null while it does not say so. */
  absentSinceMs: instant.nullable().default(null),
  /** True if a person asked for it after its sequence had finished; that stays finished. */
  again: z.boolean().default(false),
  path: z.string().nullable(),
  servedName: z.string().nullable(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
  /**
   * The content of one gzip layer, if it came as one; size and hash above are of the bytes as
   * served.
   */
  content: rowObject({
    encoding: z.literal("gzip"),
    size: z.number(),
    sha256: z.string(),
  }).nullable(),
  script: script.nullable(),
  /**
   * How many rows were read of it, and what is wrong with the rest; null if it has none. Older
   * versions of the app read no rows.
   */
  rows: rowObject({
    count: z.number(),
    wrong: z.number(),
    cut: z.enum(["rows", "bytes"]).nullable(),
    trouble: z.string().nullable(),
  })
    .nullable()
    .default(null),
});

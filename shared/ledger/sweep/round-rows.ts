import { z } from "zod";
import type { CatalogueEntry } from "../../plan/profile/catalogue.ts";
import { rowsCommandOf } from "../../plan/profile/profile-schema.ts";
import { COLUMN_TYPES } from "../../plan/profile/rows-form.ts";
import { rowObject } from "../row/row-object.ts";

/**
 * The rows of one profile of a round, as they were when the round began. A profile that changes
 * later does not change how the round is read.
 */
export const roundRowsSchema = rowObject({
  profile: z.string(),
  hash: z.string(),
  /** Counted from 0 over all commands of the profile. */
  command: z.number().int(),
  form: rowObject({
    format: z.enum(["json", "ndjson", "csv"]),
    columns: z.array(rowObject({ name: z.string(), type: z.enum(COLUMN_TYPES), key: z.boolean() })),
    atMost: rowObject({ rows: z.number(), bytes: z.number() }),
  }),
});

export type RoundRows = z.infer<typeof roundRowsSchema>;

/** What a round keeps of those of its profiles that have rows. */
export function roundRowsOf(entries: readonly CatalogueEntry[]): RoundRows[] {
  return entries.flatMap(({ profile, hash }) => {
    const rows = rowsCommandOf(profile);
    if (rows === null) return [];
    const { command, form } = rows;
    const columns = form.columns.map(({ name, type, key = false }) => ({ name, type, key }));
    return [{ profile: profile.name, hash, command, form: { ...form, columns } }];
  });
}

import { z } from "zod";
import type { Problem } from "../../incident/problem.ts";

/** What a cell may be; `time` is an instant with its offset to UTC. */
export const COLUMN_TYPES = ["text", "number", "boolean", "time"] as const;

/** Most columns. Our own bound; a row is one line of one machine, and no document. */
const MAX_COLUMNS = 50;

/**
 * The bounds of one machine if the profile names none, and the highest that it may name. The output
 * of a script is read up to 4 MiB (`MAX_SCRIPT_RESULT_BYTES`). Our own bounds.
 */
const ROWS_AT_MOST = { rows: 10_000, bytes: 2 ** 20 } as const;
const MAX_ROWS = 100_000;
const MAX_BYTES = 4 * 2 ** 20;

/** Columns that every export has before the columns of the profile. */
const OWN_COLUMNS = ["machineId", "machineName", "collectedAt"] as const;

const columnSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
      "Use letters, digits and _, at most 64, and no digit first.",
    ),
  type: z.enum(COLUMN_TYPES),
  /** True if it belongs to what makes a row the same row in another round. */
  key: z.boolean().optional(),
});

/** How the result of a command is read as rows; the text of a profile's file. */
export const rowsFormSchema = z.strictObject({
  format: z.enum(["json", "ndjson", "csv"]),
  columns: z.array(columnSchema).min(1).max(MAX_COLUMNS),
  /** Per machine: rows, and bytes of the unpacked file or of the output. */
  atMost: z
    .strictObject({
      rows: z.int().min(1).max(MAX_ROWS).default(ROWS_AT_MOST.rows),
      bytes: z.int().min(1).max(MAX_BYTES).default(ROWS_AT_MOST.bytes),
    })
    .default(ROWS_AT_MOST),
});

export type RowsForm = z.infer<typeof rowsFormSchema>;
export type Column = RowsForm["columns"][number];

/** What is wrong with the columns although their shape is right. */
export function rowsProblems({ columns }: RowsForm, path: string): Problem[] {
  const own: readonly string[] = OWN_COLUMNS;
  return columns.flatMap(({ name }, index) => {
    const at = `${path}.columns.${index}.name`;
    if (own.includes(name)) {
      return [{ path: at, message: `Use another name; every row has ${own.join(", ")} of lrq.` }];
    }
    if (columns.findIndex((each) => each.name === name) === index) return [];
    return [{ path: at, message: "Name each column once." }];
  });
}

/** The columns that make a row the same row in another round: the keys; all, if none is a key. */
export function keyColumns({ columns }: Pick<RowsForm, "columns">): readonly Column[] {
  const keys = columns.filter(({ key }) => key === true);
  return keys.length > 0 ? keys : columns;
}

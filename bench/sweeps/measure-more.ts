import { z } from "zod";
import type { RowStore } from "../../shared/ports.ts";
import { atMost, row, type Row } from "../table.ts";
import { askApart, stackedSchema, streamedSchema, type Asked } from "./ask-apart.ts";
import { AUTOSTARTS, LATER, ROWS_EACH, storeRows } from "./rows-of-machines.ts";

/** As many machines as a large tenant has. */
const MACHINES = 100_000;
/** Rows of each machine that are others in the later round. */
const CHANGED_EACH = 3;

/** To reach: a memory that does not grow with the rows. */
export const MEMORY_MIB_MAX = 512;

const comparedSchema = z.object({ machines: z.object({ both: z.number() }) });

/** Each question about what 100,000 machines say, and about the changes to a round before. */
export async function measureMore(store: RowStore, connectionString: string): Promise<Row[]> {
  await storeRows(store, "more", MACHINES, { rows: AUTOSTARTS });
  await storeRows(store, "later", MACHINES, { rows: LATER });
  const setting = `${MACHINES} machines of ${ROWS_EACH} rows, two columns, Azurite`;
  const stack = askApart(connectionString, ["stack", "more"], stackedSchema);
  const ndjson = askApart(connectionString, ["ndjson", "more"], streamedSchema);
  const csv = askApart(connectionString, ["csv", "more"], streamedSchema);
  const changes = askApart(connectionString, ["changes", "later", "more"], streamedSchema);
  expectLines("NDJSON", ndjson.lines, MACHINES * ROWS_EACH);
  expectLines("CSV", csv.lines, MACHINES * ROWS_EACH + 1);
  expectLines("changes", changes.lines, MACHINES * CHANGED_EACH * 2 + 1);
  const { machines } = comparedSchema.parse(JSON.parse(changes.last));
  if (machines.both !== MACHINES) throw new Error(`${machines.both} machines were compared`);
  return [
    ...costRows({ measure: "stack", does: "stacks" }, stack, setting),
    ...costRows({ measure: "rows as NDJSON", does: "streams NDJSON" }, ndjson, setting),
    ...costRows({ measure: "rows as CSV", does: "streams CSV" }, csv, setting),
    ...costRows({ measure: "changes", does: "compares" }, changes, `two rounds of ${setting}`),
  ];
}

/** What a question costs that has to keep the bound of memory. */
export function costRows(
  { measure, does }: { readonly measure: string; readonly does: string },
  { seconds, memoryMiB }: Asked<object>,
  setting: string,
): Row[] {
  const facts = { part: "sweeps", setting };
  const memory = { ...facts, measure: `memory of the process that ${does}`, value: memoryMiB };
  return [
    row({ ...facts, measure, value: seconds, unit: "s" }),
    row({ ...memory, unit: "MiB", bound: atMost(MEMORY_MIB_MAX) }),
  ];
}

/** Throws if a stream has not all of its lines: then its figures say nothing. */
function expectLines(what: string, lines: number, expected: number): void {
  if (lines !== expected) throw new Error(`${what} had ${lines} lines, and not ${expected}`);
}

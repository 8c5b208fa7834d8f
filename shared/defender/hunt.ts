import { z } from "zod";
import { machineIdOf } from "../incident/machine-mention.ts";
import type { Hunted, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";

/** The most rows of one answer (advanced hunting API page). */
const ROWS_MOST = 100_000;
const COLUMN = "DeviceId";
/** Columns that are named to whoever wrote a query without ours. Our own bound. */
const COLUMNS_SHOWN = 20;

const rows = z.array(z.record(z.string(), z.unknown()));
const defenderSchema = z.object({
  Schema: z.array(z.object({ Name: z.string() }).transform(({ Name: name }) => name)),
  Results: rows,
});
/** The page of Graph writes the names of a column in both ways. */
const column = z.union([
  z.object({ name: z.string() }).transform(({ name }) => name),
  z.object({ Name: z.string() }).transform(({ Name: name }) => name),
]);
const graphSchema = z.object({ schema: z.array(column), results: rows });

/** Runs a query of advanced hunting, and gives the machines in its column `DeviceId`. */
export async function hunt(ask: Ask, root: string, query: string): Promise<Reply<Hunted>> {
  const url = `${root}/api/advancedqueries/run`;
  return await ask({ url, json: { Query: query }, size: "hunt" }, (json) => {
    const read = defenderSchema.safeParse(json);
    return read.success ? huntedIn(read.data.Schema, read.data.Results) : null;
  });
}

/** The same with Graph, whose `root` is the address before the version. */
export async function huntWithGraph(ask: Ask, root: string, query: string): Promise<Reply<Hunted>> {
  const url = `${root}/v1.0/security/runHuntingQuery`;
  return await ask({ url, json: { Query: query }, size: "hunt" }, (json) => {
    const read = graphSchema.safeParse(json);
    return read.success ? huntedIn(read.data.schema, read.data.results) : null;
  });
}

function huntedIn(columns: readonly string[], found: z.infer<typeof rows>): Hunted {
  if (!columns.includes(COLUMN)) {
    return { kind: "noDeviceColumn", columns: columns.slice(0, COLUMNS_SHOWN) };
  }
  const machineIds = new Set<string>();
  let odd = 0;
  for (const { [COLUMN]: value } of found) {
    const machineId = typeof value === "string" ? machineIdOf(value) : null;
    if (machineId === null) odd += 1;
    else machineIds.add(machineId);
  }
  return { kind: "machines", machineIds: [...machineIds], odd, isCut: found.length >= ROWS_MOST };
}

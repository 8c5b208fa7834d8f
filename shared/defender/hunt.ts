import { z } from "zod";
import { machineIdOf } from "../incident/machine-mention.ts";
import type { Hunted, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";

/** The most rows of one answer (advanced hunting API page). */
const ROWS_MOST = 100_000;
const COLUMN = "DeviceId";
/** Columns that are named to whoever wrote a query without ours. Our own bound. */
const COLUMNS_SHOWN = 20;

const answerSchema = z.object({
  Schema: z.array(z.object({ Name: z.string() })),
  Results: z.array(z.record(z.string(), z.unknown())),
});

/** Runs a query of advanced hunting, and gives the machines in its column `DeviceId`. */
export async function hunt(ask: Ask, root: string, query: string): Promise<Reply<Hunted>> {
  const url = `${root}/api/advancedqueries/run`;
  return await ask({ url, json: { Query: query }, size: "hunt" }, readHunted);
}

function readHunted(json: unknown): Hunted | null {
  const read = answerSchema.safeParse(json);
  if (!read.success) return null;
  const { Schema: schema, Results: rows } = read.data;
  const columns = schema.map(({ Name: name }) => name);
  if (!columns.includes(COLUMN)) {
    return { kind: "noDeviceColumn", columns: columns.slice(0, COLUMNS_SHOWN) };
  }
  const machineIds = new Set<string>();
  let odd = 0;
  for (const { [COLUMN]: value } of rows) {
    const machineId = typeof value === "string" ? machineIdOf(value) : null;
    if (machineId === null) odd += 1;
    else machineIds.add(machineId);
  }
  return { kind: "machines", machineIds: [...machineIds], odd, isCut: rows.length >= ROWS_MOST };
}

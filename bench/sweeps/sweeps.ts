import type { Row } from "../table.ts";
import { measureRows } from "./measure-rows.ts";

/** What the questions about a round cost. */
export async function benchSweeps(): Promise<readonly Row[]> {
  return await measureRows();
}

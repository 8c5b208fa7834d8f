import type { Row } from "../table.ts";
import { measureAttention } from "./measure-attention.ts";
import { measureRunsPage } from "./measure-runs-page.ts";

/** What it costs to look: requests to the table for lists and for what wants a person. */
export async function benchOperate(): Promise<readonly Row[]> {
  return [...(await measureRunsPage()), ...(await measureAttention())];
}

import type { Row } from "../table.ts";
import { measureAttention } from "./measure-attention.ts";
import { measureFirstView } from "./measure-first-view.ts";
import { measurePage } from "./measure-page.ts";
import { measureRunsPage } from "./measure-runs-page.ts";

/** What it costs to look: requests to the table, and the size of the page. */
export async function benchOperate(): Promise<readonly Row[]> {
  return [
    ...(await measureRunsPage()),
    ...(await measureAttention()),
    ...(await measurePage()),
    ...(await measureFirstView()),
  ];
}

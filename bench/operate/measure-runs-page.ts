import { listRuns, type RunsAsked } from "../../shared/workflow/view/list-runs.ts";
import { atMost, row, type Row } from "../table.ts";
import { callersHere, counted, portsOn } from "./many-runs.ts";
import { madeWhenRead } from "./made-when-read.ts";

const COUNTS = [100, 1_000_000] as const;
const REQUESTS_MAX = 3;

const ALL: RunsAsked = {
  state: null,
  source: null,
  incidentId: null,
  sinceMs: null,
  needsAttention: false,
  limit: 50,
  cursor: null,
};
const ASKED: readonly Partial<RunsAsked>[] = [
  {},
  { state: "running" },
  { state: "finished" },
  { needsAttention: true },
  { source: "generic", incidentId: "case-99" },
];

/** The most table requests for one page of 50 runs, whatever is asked, by whomever. */
export async function measureRunsPage(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of COUNTS) {
    const { ledger, requestsOf } = counted(madeWhenRead(count));
    let most = 0;
    for (const caller of callersHere()) {
      for (const asked of ASKED) {
        let cursor: string | null = null;
        const page = async () => {
          const found = await listRuns(portsOn(ledger), caller, { ...ALL, ...asked, cursor });
          cursor = found?.next ?? null;
        };
        // The first page, and the next.
        most = Math.max(most, await requestsOf(page), await requestsOf(page));
      }
    }
    const measure = "table requests for a page of 50 runs, the most";
    const setting = `${count.toLocaleString("en-US")} runs`;
    const facts = { part: "operate", measure, setting, value: most, unit: "" };
    rows.push(row({ ...facts, bound: atMost(REQUESTS_MAX) }));
  }
  return rows;
}

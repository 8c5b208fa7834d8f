import { listRuns, type RunsAsked } from "../../shared/workflow/view/list-runs.ts";
import { atMost, row, type Row } from "../table.ts";
import { callersHere, ledgerWith, portsOn } from "./many-runs.ts";

/** A hundred thousand: more take more memory than this machine has, and cost no other requests. */
const COUNTS = [100, 100_000] as const;
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
    const { ledger, requestsOf } = await ledgerWith(count);
    let most = 0;
    for (const caller of callersHere()) {
      for (const asked of ASKED) {
        const page = () => listRuns(portsOn(ledger), caller, { ...ALL, ...asked });
        most = Math.max(most, await requestsOf(page));
      }
    }
    const measure = "table requests for a page of 50 runs, the most";
    const setting = `${count.toLocaleString("en-US")} runs`;
    const facts = { part: "operate", measure, setting, value: most, unit: "" };
    rows.push(row({ ...facts, bound: atMost(REQUESTS_MAX) }));
  }
  return rows;
}

import { describeAttention } from "../../shared/workflow/view/describe-attention.ts";
import { atMost, row, type Row } from "../table.ts";
import { callersHere, ledgerWith, portsOn } from "./many-runs.ts";

const OPEN = 1_000;
const REQUESTS_MAX = 5;

/** The most table requests for what wants a person, with a thousand runs of one open sequence. */
export async function measureAttention(): Promise<Row[]> {
  const { ledger, requestsOf } = await ledgerWith(OPEN, {
    accepted: 1,
    open: 1,
    finishedAtMs: null,
    approval: { needed: 1, expiresAtMs: 2e12, requesters: [], given: [], granted: null },
  });
  let most = 0;
  for (const caller of callersHere()) {
    const look = () => describeAttention(portsOn(ledger), null, caller, null);
    most = Math.max(most, await requestsOf(look));
  }
  const measure = "table requests for GET attention, the most";
  const facts = {
    part: "operate",
    measure,
    setting: "1,000 open sequences",
    value: most,
    unit: "",
  };
  return [row({ ...facts, bound: atMost(REQUESTS_MAX) })];
}

import { expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { appendAudit } from "../../../shared/evidence/audit.ts";
import { FIRST_HEAD } from "../../../shared/ledger/run/chain-head.ts";
import { auditKey, RATE_TOKEN_KEY } from "../../../shared/ledger/row/keys.ts";
import { historyRows } from "../../../shared/ledger/sequence/history.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { readMachineAudit } from "../../../shared/workflow/view/read-machine-audit.ts";
import { aSequence, START_MS } from "../../ledger/a-sequence.ts";

type Asked = Parameters<typeof readMachineAudit>[2];

const A = "a".repeat(40);
const B = "b".repeat(40);
const ALL: Asked = { newestFrom: null, sinceMs: null };
const MINUTE_MS = 60_000;

const idOf = (number: number) => `${"0".repeat(20)}.${String(number).padStart(12, "0")}`;

/** A log of so many records, one a minute; the n-th names the sequence of its number. */
async function logOf(records: number, accepted: Readonly<Record<number, string>>) {
  const ledger = createMemoryLedger();
  const facts = Array.from({ length: records }, (_, index) => ({
    at: new Date(START_MS + (index + 1) * MINUTE_MS).toISOString(),
    event: "claimed" as const,
    by: null,
    sequences: [{ sequenceId: idOf(index + 1), machineActionId: null }],
    detail: "",
  }));
  const { head, records: all } = appendAudit(FIRST_HEAD, "queue", facts);
  for (const each of all) {
    await ledger.commit([{ op: "insert", key: auditKey("queue", each.number), body: each }]);
  }
  const body = { ...FIRST_BUDGET, audit: head };
  await ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
  for (const [number, machineId] of Object.entries(accepted)) {
    const acceptedAtMs = START_MS + Number(number) * MINUTE_MS;
    const machineName = `pc-7.${machineId.slice(0, 1)}.example`;
    const sequenceId = idOf(Number(number));
    const record = aSequence({ sequenceId, machineId, machineName, acceptedAtMs });
    await ledger.commit(historyRows(record));
  }
  return async (machine: string, asked = ALL) => {
    const found = await readMachineAudit({ ledger, log: () => undefined }, machine, asked);
    if (found.kind === "ambiguous") return found.machineIds;
    const { records: shown, next } = found.page;
    return { numbers: shown.map((each) => Object(each).number), next };
  };
}

it("the log of a machine has the records that name its sequences, the newest first", async () => {
  const read = await logOf(9, { 3: A, 5: B, 7: A });
  expect(await read(A)).toEqual({ numbers: [7, 3], next: null });
  expect(await read("pc-7.b.example")).toEqual({ numbers: [5], next: null });
  const since = { ...ALL, sinceMs: START_MS + 4 * MINUTE_MS };
  expect(await read(A, since)).toEqual({ numbers: [7], next: null });
  expect(await read("nobody")).toEqual({ numbers: [], next: null });
  expect(await read("pc-7")).toEqual([A, B]);
});

it("the log of a machine goes back to the oldest sequence of the machine, page by page", async () => {
  const read = await logOf(2_500, { 700: A, 2_400: A });
  expect(await read(A)).toEqual({ numbers: [2_400], next: 1_500 });
  const rest = await read(A, { ...ALL, newestFrom: 1_500 });
  expect(rest).toEqual({ numbers: [700], next: null });
});

import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { auditRecordSchema } from "../../../shared/evidence/audit.ts";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import { insertion, type RowChange } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { holdSession, type Budget } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import type { Reply } from "../../../shared/ports.ts";
import { budgetChange, loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
import { settleOrphans } from "../../../shared/workflow/poll/orphan-actions.ts";
import { SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

/** A POST that is so old is given up. */
export const GUARD_MS = 180_001;

/** A ledger with the record and the budget, and what lists do with it. */
export async function ledgerWith(record: SequenceRecord, budget: Budget) {
  const ledger = createMemoryLedger();
  const holds = ["claimed", "unconfirmed", "submitted"].includes(record.state);
  const first = holds ? holdSession(budget, sessionOf(record)) : budget;
  await ledger.commit([...insertion(record), budgetChange({ value: first, etag: null }, first)]);
  const calls = { cancelled: [] as string[], reads: 0, commits: 0 };
  const heard = { reply: { kind: "answered", value: null } as Reply<null> };
  const ports = {
    // The poll has read the budget by then.
    ledger: remembering({
      ...ledger,
      read: async (key: string) => {
        calls.reads += 1;
        return await ledger.read(key);
      },
      commit: async (changes: readonly RowChange[]) => {
        calls.commits += 1;
        return await ledger.commit(changes);
      },
    }),
    // Nobody moves time on while a lost race is slept off.
    clock: {
      ...createMemoryClock({ startMs: START_MS + GUARD_MS + 60_000 }),
      sleep: async () => {},
    },
    random: createSeededRandom(1),
    log: () => {},
    defender: {
      ...startAccepting().ports.defender,
      cancelAction: async (actionId: string) => {
        calls.cancelled.push(actionId);
        return heard.reply;
      },
    },
  };
  await loadBudget(ports.ledger);
  calls.reads = 0;
  return {
    calls,
    heard,
    list: async (...actions: readonly MachineAction[]) =>
      await settleOrphans(ports, someLimits(), actions),
    insert: async (key: string, body: unknown) =>
      await ledger.commit([{ op: "insert", key, body }]),
    remove: async (key: string) => await ledger.commit([{ op: "delete", key, etag: "*" }]),
    record: async () => {
      const stored = await loadSequence(ledger, SEQUENCE_ID);
      if (stored === null) throw new Error("the sequence is gone");
      return stored.value;
    },
    budget: async () => (await loadBudget(ledger)).value,
    audit: () =>
      ledger
        .rows()
        .filter(({ key }) => key.startsWith("audit!queue!"))
        .map(({ body }) => auditRecordSchema.parse(body))
        .map(({ event, sequences }) =>
          [event, sequences.map((each) => each.machineActionId)].flat(),
        ),
  };
}

import type { AuditFacts } from "../../evidence/audit.ts";
import type { Budget } from "../../limits/budget.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { loadBudget } from "../../store/load.ts";
import { ringForReady } from "../../store/ring.ts";
import { persistent, transact } from "../../store/transact.ts";

type PausePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/**
 * Stops all submissions of the tenant. No POST leaves later than the send fence (2 s) after this
 * returns: a claim commits against the budget this writes, and a POST that is later than the fence
 * is not sent.
 */
export async function pause(
  ports: PausePorts,
  by: { readonly by: string; readonly why: string },
): Promise<void> {
  const event = { event: "paused", by: by.by, detail: by.why } as const;
  await changePaused(ports, event, (budget, atMs) => ({ ...budget, paused: { ...by, atMs } }));
  ports.log("warn", "paused", { by: by.by, why: by.why });
}

/** Lets submissions go on, and rings for what is ready. */
export async function resume(ports: PausePorts, limits: Limits, by: string): Promise<void> {
  const event = { event: "resumed", by, detail: "" } as const;
  await changePaused(ports, event, (budget) => ({ ...budget, paused: null, bellDueAtMs: 0 }));
  ports.log("warn", "resumed", { by });
  await ringForReady(ports, limits, { why: "released" });
}

/** A pause must win against any number of claims; it loses at most one race to each. */
async function changePaused(
  ports: PausePorts,
  { event, by, detail }: Pick<AuditFacts, "event" | "by" | "detail">,
  change: (budget: Budget, nowMs: number) => Budget,
): Promise<void> {
  await transact(ports, persistent("the budget"), async (tx) => {
    const budget = await loadBudget(tx);
    const atMs = ports.clock.earliest();
    const fact = factAbout(event, [], { atMs, by, detail });
    changeBudget(tx, budget, change(budget.value, atMs), [fact]);
  });
}

import type { AuditFacts } from "../../evidence/audit.ts";
import type { Budget } from "../../limits/budget.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Ports } from "../../ports.ts";
import { auditedBudget, factAbout } from "../../store/audit.ts";
import { Contended } from "../../store/contended.ts";
import { budgetChange, loadBudget } from "../../store/load.ts";
import { ringForReady } from "../../store/ring.ts";

type PausePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** A pause must win against any number of claims; each loses at most one race a claim. */
const TRIES = 50;
const JITTER_MS = 50;

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

async function changePaused(
  { ledger, clock, random }: PausePorts,
  { event, by, detail }: Pick<AuditFacts, "event" | "by" | "detail">,
  change: (budget: Budget, nowMs: number) => Budget,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const budget = await loadBudget(ledger);
    const atMs = clock.earliest();
    const fact = factAbout(event, [], { atMs, by, detail });
    const next = auditedBudget(change(budget.value, atMs), [fact]);
    const outcome = await ledger.commit([budgetChange(budget, next.budget), ...next.rows]);
    if (outcome.kind === "committed") return;
    await clock.sleep(random.fraction() * JITTER_MS);
  }
  throw new Contended("the budget could not be written: others kept writing it");
}

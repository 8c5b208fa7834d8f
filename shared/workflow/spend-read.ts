import { spend } from "../limits/quota.ts";
import type { Limits } from "../limits/limits.ts";
import type { ReadKind } from "../limits/reads.ts";
import type { Ports } from "../ports.ts";
import { loadReads, readsChange } from "./load.ts";

const TRIES = 8;
const JITTER_MS = 200;

/**
 * Takes one call of the budget of its kind before it is made. False if the budget is spent, or,
 * with `intervalMs`, if the open actions were listed less than that ago. `share` of the budget is
 * for this use.
 */
export async function spendRead(
  { ledger, clock, random }: Pick<Ports, "ledger" | "clock" | "random">,
  limits: Limits,
  kind: ReadKind,
  { share = 1, intervalMs = 0 }: { share?: number; intervalMs?: number },
): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const reads = await loadReads(ledger);
    const nowMs = clock.earliest();
    if (intervalMs > 0 && nowMs < reads.value.polledAtMs + intervalMs) return false;
    const spent = spend(reads.value[kind], 1, nowMs, limits, share);
    if (spent.kind === "wait") return false;
    const next = {
      ...reads.value,
      [kind]: spent.quota,
      polledAtMs: intervalMs > 0 ? nowMs : reads.value.polledAtMs,
    };
    const outcome = await ledger.commit([readsChange(reads, next)]);
    if (outcome.kind === "committed") return true;
    await clock.sleep(random.fraction() * JITTER_MS);
  }
  return false;
}

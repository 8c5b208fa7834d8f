import { isFinal, type MachineAction } from "../ledger/machine-action.ts";
import { tagIn } from "../ledger/tag.ts";
import type { Budget } from "../limits/budget.ts";
import type { Limits } from "../limits/limits.ts";
import type { Ports } from "../ports.ts";
import { budgetChange, loadBudget } from "./load.ts";
import { spendRead } from "./spend-read.ts";

type ForeignPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random">;

const TRIES = 8;
const JITTER_MS = 200;
/** Polls between two counts of what is Pending for longer than a look goes back: five minutes. */
const POLLS_PER_COUNT = 20;

/**
 * Notes how many sessions of others are open, for they count against the same cap. `actions` are
 * those since `sinceMs`; older ones that hold a session are Pending, and are counted now and then
 * with a list of their own. Sessions opened in the portal are in no list.
 */
export async function countForeign(
  ports: ForeignPorts,
  limits: Limits,
  actions: readonly MachineAction[],
  sinceMs: number,
): Promise<void> {
  const old = await countOld(ports, limits, sinceMs);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const budget = await loadBudget(ports.ledger);
    const foreignOld = old ?? budget.value.foreignOld;
    const foreign = foreignIn(actions, budget.value) + foreignOld;
    if (budget.value.foreign === foreign && budget.value.foreignOld === foreignOld) return;
    const next: Budget = { ...budget.value, foreign, foreignOld };
    const outcome = await ports.ledger.commit([budgetChange(budget, next)]);
    if (outcome.kind === "committed") return;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
}

/** Null when it is not time to count, or Defender does not say. */
async function countOld(
  ports: ForeignPorts,
  limits: Limits,
  sinceMs: number,
): Promise<number | null> {
  const at = { stamp: "countedAtMs", intervalMs: limits.pollMs * POLLS_PER_COUNT } as const;
  if (!(await spendRead(ports, limits, "list", { at }))) return null;
  const reply = await ports.defender.listPending();
  if (reply.kind !== "answered") return null;
  const budget = await loadBudget(ports.ledger);
  const old = reply.value.filter((each) => (each.createdAtMs ?? sinceMs) < sinceMs);
  return foreignIn(old, budget.value);
}

/** Open actions that are not of a sequence that has a session in the budget. */
function foreignIn(actions: readonly MachineAction[], budget: Budget): number {
  const ours = new Set(budget.sessions.map((each) => each.sequenceId));
  return actions.filter((each) => {
    const sequenceId = tagIn(each.comment)?.sequenceId;
    return !isFinal(each.status) && (sequenceId === undefined || !ours.has(sequenceId));
  }).length;
}

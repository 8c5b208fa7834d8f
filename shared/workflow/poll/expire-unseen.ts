import { loseSight } from "../../ledger/moves.ts";
import { holdsSession, type SequenceRecord } from "../../ledger/sequence.ts";
import { UNSEEN_MS, type Limits } from "../../limits/limits.ts";
import { mainLockout } from "../../limits/lockout.ts";
import { commitMove, type Carrying, type CarryPorts } from "./apply-judgement.ts";
import type { Budget } from "../../limits/budget.ts";
import type { HeldBudget } from "../../store/held-budget.ts";
import { loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { spendRead } from "../../store/spend-read.ts";

/**
 * Ends what is out there by our own clock, when its expiry is long over and Defender has long shown
 * nothing: whatever is broken, it ends, its session and machine are free, and the outcome says that
 * nothing is known. Defender is asked to cancel the action all the same. Costs nothing while lists
 * come. Returns how many ended.
 */
export async function expireUnseen(
  ports: CarryPorts,
  limits: Limits,
  held: HeldBudget,
): Promise<number> {
  const nowMs = ports.clock.earliest();
  // A list that comes meanwhile, wherever, tells what became of them: then nothing is ended.
  const isUnseen = ({ listedAtMs }: Budget) => nowMs >= listedAtMs + UNSEEN_MS;
  if (!isUnseen(held.stored.value)) return 0;
  const { sessions } = held.stored.value;
  let ended = 0;
  const carrying = { ports, limits, held, noted: (budget: Budget) => budget, holds: isUnseen };
  for (const { sequenceId, glance } of sessions) {
    if (glance !== undefined && nowMs < glance.expiresAtMs + UNSEEN_MS) continue;
    const ends = () => expire(carrying, sequenceId, nowMs);
    if (await unlessSetAside(ports, false, ends)) ended += 1;
  }
  return ended;
}

async function expire(carrying: Carrying, sequenceId: string, nowMs: number): Promise<boolean> {
  const { ports, limits, held } = carrying;
  const before = await loadSequence(ports.ledger, sequenceId);
  if (before === null || !holdsSession(before.value)) return false;
  if (nowMs < before.value.expiresAtMs + UNSEEN_MS) return false;
  await askToEnd(ports, limits, before.value);
  const why = mainLockout(held.stored.value)?.detail ?? "it gave no list";
  const detail = `It expired while Defender did not show what became of it: ${why}`;
  const after = loseSight(before.value, detail.slice(0, 1_000), nowMs);
  return await commitMove(carrying, { before, lease: null }, after);
}

/** Who may start an action may cancel it, even if it may not look (cancel machine action page). */
async function askToEnd(
  ports: CarryPorts,
  limits: Limits,
  { sequenceId, actionId }: SequenceRecord,
): Promise<void> {
  if (actionId === null || !(await spendRead(ports, limits, "cancel"))) return;
  const reply = await ports.defender.cancelAction(actionId, "lrq expired");
  ports.log("warn", "cancelSent", { sequenceId, why: "expired", came: reply.kind });
}

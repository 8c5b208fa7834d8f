import { loseSight } from "../../ledger/sequence/moves.ts";
import { holdsSession, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { UNSEEN_MS, type Limits } from "../../limits/pace/limits.ts";
import { mainLockout } from "../../limits/pace/lockout.ts";
import { commitMove, type PollContext, type ApplyPorts } from "./apply-judgement.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { loadBudget, loadSequence } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { spendRead } from "../../store/spend-read.ts";

/**
 * Ends sessions by our own clock if their expiry is long over and Defender has shown nothing for a
 * long time. Whatever is broken, the sequence ends, its session and machine are free, and the
 * outcome says that nothing is known. If our mark was seen on the action, in the answer to its POST
 * or in a list, the poll still asks Defender to cancel it. Costs nothing while lists come. Returns
 * how many ended.
 */
export async function expireUnseen(ports: ApplyPorts, limits: Limits): Promise<number> {
  const nowMs = ports.clock.earliest();
  // If any host gets a list meanwhile, the list says what became of them. Then nothing is ended.
  const isUnseen = ({ listedAtMs }: Budget) => nowMs >= listedAtMs + UNSEEN_MS;
  const { value: budget } = await loadBudget(ports.ledger);
  if (!isUnseen(budget)) return 0;
  let ended = 0;
  const { requestors } = budget;
  const context = { ports, limits, requestors, noted: asIs, holds: isUnseen };
  const why = mainLockout(budget)?.detail ?? "it gave no list";
  for (const { sequenceId, glance, seen } of budget.sessions) {
    if (glance !== undefined && nowMs < glance.expiresAtMs + UNSEEN_MS) continue;
    const ends = () => endUnseen(context, { sequenceId, isListed: seen !== undefined, why, nowMs });
    if (await unlessSetAside(ports, false, ends)) ended += 1;
  }
  return ended;
}

function asIs(budget: Budget): Budget {
  return budget;
}

async function endUnseen(
  context: PollContext,
  found: { sequenceId: string; isListed: boolean; why: string; nowMs: number },
): Promise<boolean> {
  const { ports, limits } = context;
  const { sequenceId, isListed, why, nowMs } = found;
  const before = await loadSequence(ports.ledger, sequenceId);
  if (before === null || !holdsSession(before.value)) return false;
  if (nowMs < before.value.expiresAtMs + UNSEEN_MS) return false;
  const isOurs = isListed || !before.value.unmarked;
  if (isOurs) await askToEnd(ports, limits, before.value);
  const left = isOurs
    ? ""
    : " lrq did not cancel its action, because nothing shows that it is lrq's.";
  const detail = `It expired while Defender did not show what happened to it: ${why}${left}`;
  const after = loseSight(before.value, detail.slice(0, 1_000), nowMs);
  return await commitMove(context, { before, lease: null }, after);
}

/**
 * An app that may start an action may cancel it, even if it may not read it (cancel machine action
 * page).
 */
async function askToEnd(
  ports: ApplyPorts,
  limits: Limits,
  { sequenceId, actionId }: SequenceRecord,
): Promise<void> {
  if (actionId === null || !(await spendRead(ports, limits, "cancel"))) return;
  const reply = await ports.defender.cancelAction(actionId, "lrq expired");
  ports.log("warn", "cancelSent", { sequenceId, why: "expired", came: reply.kind });
}

import { withImpersonation, type Misfit } from "../../ledger/sequence/impersonation.ts";
import type { MachineAction } from "../../ledger/sequence/machine-action.ts";
import type { Mark } from "../../ledger/sequence/mark.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { withImpersonator } from "../../limits/pace/impersonators.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { moveWithBudget } from "../../store/move-with-budget.ts";

const WORDS = {
  attempt: "lrq never made that attempt",
  nonce: "the random part of the mark is not that of the attempt",
  second: "the attempt has another action",
  machine: "it is on another machine",
  commands: "it has other commands",
  time: "it was not created in the time of the attempt",
  requestor: "somebody else started it",
} as const satisfies Record<Misfit, string>;

/** An action with the mark of a sequence, and that sequence. */
interface Impersonating {
  readonly action: MachineAction;
  readonly mark: Mark;
  readonly record: Stored<SequenceRecord>;
}

/** More than a name or an id needs. */
const NAME_CHARACTERS = 100;

/**
 * Somebody has started an action with a mark of ours. Writes it into the sequence, the audit log
 * and the budget, in one transaction and once: later polls find it in the budget. The action itself
 * is somebody else's, so it is not cancelled. If others have written the sequence, the next poll
 * tries again.
 */
export async function noteImpersonation(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  { action, mark, record }: Impersonating,
  why: Misfit,
): Promise<void> {
  const before = record.value;
  const { sequenceId } = before;
  const actionId = action.id;
  const nowMs = ports.clock.earliest();
  const found = {
    actionId,
    part: mark.part,
    attempt: mark.attempt,
    machineId: named(action.machineId),
    requestor: named(action.requestor),
    why,
    seenAtMs: nowMs,
  };
  const impersonations = withImpersonation(before.impersonations, found);
  const isNew = impersonations !== before.impersonations;
  const after = isNew ? { ...before, impersonations: [...impersonations] } : before;
  const detail = `${WORDS[why]}; started by ${found.requestor ?? "?"} on ${found.machineId ?? "?"}`;
  const facts = [factAbout("impersonation", [{ ...before, actionId }], { atMs: nowMs, detail })];
  const change = { before: record, after, nowMs };
  const isNoted = await moveWithBudget(ports, change, {
    onBudget: (budget) => {
      const impersonator = { actionId, sequenceId, atMs: nowMs };
      return { ...budget, impersonators: withImpersonator(budget.impersonators, impersonator) };
    },
    facts: isNew ? facts : [],
  });
  if (isNoted && isNew) ports.log("error", "impersonation", { sequenceId, actionId, why });
}

function named(text: string | null): string | null {
  return text?.slice(0, NAME_CHARACTERS) ?? null;
}

import { isFinal, type MachineAction } from "../ledger/machine-action.ts";
import type { Stored } from "../ledger/rows.ts";
import { adopt } from "../ledger/moves.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { sameTag, tagIn, tagOf } from "../ledger/tag.ts";
import { holdSession } from "../limits/budget.ts";
import type { Limits } from "../limits/limits.ts";
import { factsOf, sessionOf } from "../limits/session.ts";
import type { Ports } from "../ports.ts";
import { factAbout, factOfMove, grouped, recordForQueue } from "./audit.ts";
import { changesFor } from "./change-sequence.ts";
import { commitHolding, type HeldBudget } from "./held-budget.ts";
import { loadSequence } from "./load.ts";
import { spendRead } from "./spend-read.ts";

type OrphanPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** More than this at once would mean that something else is wrong. */
const ORPHANS_PER_LOOK = 10;

/**
 * Open actions that carry a tag of ours but that no open sequence speaks of: their POST was given
 * up before the list showed them. While the sequence still waits with that very attempt the action
 * is taken as its own; otherwise it is a second one, and is cancelled. Returns how many moved.
 */
export async function settleOrphans(
  ports: OrphanPorts,
  limits: Limits,
  actions: readonly MachineAction[],
  held: HeldBudget,
): Promise<number> {
  const open = new Map(held.stored.value.sessions.map((each) => [each.sequenceId, factsOf(each)]));
  const orphans = actions.filter((each) => {
    const tag = tagIn(each.comment);
    if (tag === null || isFinal(each.status)) return false;
    const holder = open.get(tag.sequenceId);
    // The action of the attempt that is open is for the one who judges it.
    return holder === undefined || (holder !== null && !sameTag(tag, holder));
  });
  let moved = 0;
  for (const orphan of orphans.slice(0, ORPHANS_PER_LOOK)) {
    if (await settleOrphan(ports, limits, held, orphan)) moved += 1;
  }
  return moved;
}

async function settleOrphan(
  ports: OrphanPorts,
  limits: Limits,
  held: HeldBudget,
  orphan: MachineAction,
): Promise<boolean> {
  const tag = tagIn(orphan.comment);
  const record = tag === null ? null : await loadSequence(ports.ledger, tag.sequenceId);
  // A tag of another deployment of ours looks the same, and is none of our business.
  if (tag === null || record === null || record.value.actionId === orphan.id) return false;
  const { sequenceId, state, reason } = record.value;
  if (sameTag(tag, tagOf(record.value))) {
    // If it does not wait, its answer was recorded since the list was asked for. If it waits for a
    // machine that was offline, the end of this action was seen, and the list is behind.
    const isNews = state === "waiting" && reason?.code !== "offline";
    return isNews ? await adoptLate(ports, held, record, orphan.id) : false;
  }
  if (!(await spendRead(ports, limits, "cancel"))) return false;
  const reply = await ports.defender.cancelAction(orphan.id, "lrq: submitted twice");
  ports.log("error", "orphanCancelled", { sequenceId, actionId: orphan.id, came: reply.kind });
  const detail = "submitted twice: the second action is cancelled";
  const named = { ...record.value, actionId: orphan.id };
  const fact = factAbout("cancelSent", [named], { atMs: ports.clock.earliest(), detail });
  await recordForQueue(ports, fact);
  return false;
}

async function adoptLate(
  ports: OrphanPorts,
  held: HeldBudget,
  record: Stored<SequenceRecord>,
  actionId: string,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const after = adopt(record.value, actionId, nowMs);
  const facts = grouped([factOfMove(record.value, after, nowMs)]);
  const outcome = await commitHolding(
    ports,
    held,
    (budget) => holdSession(budget, sessionOf(after)),
    { changes: async () => await changesFor(ports, record, after, nowMs), facts },
  );
  if (outcome === "overtaken") return false;
  ports.log("warn", "adoptedLate", { sequenceId: after.sequenceId, actionId });
  return true;
}

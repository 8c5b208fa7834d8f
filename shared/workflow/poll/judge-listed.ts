import { isWithin } from "../../ledger/row/key-range.ts";
import { machineIdIn, MACHINE } from "../../ledger/row/keys.ts";
import type { MachineAction } from "../../ledger/sequence/machine-action.ts";
import { machineSchema, type MachineLease, type Stored } from "../../ledger/sequence/rows.ts";
import { holdsSession } from "../../ledger/sequence/sequence.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { presentIn, type Attempts, type Known } from "../../limits/judge/judge-owner.ts";
import { isNews, judge, type Listing } from "../../limits/judge/judge.ts";
import { factsOf, type Session } from "../../limits/pace/session.ts";
import { applyJudgement, type PollContext } from "./apply-judgement.ts";
import { loadSequence } from "../../store/load.ts";
import { moveTogether, type Moving } from "./move-together.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { Outstanding } from "../../store/outstanding.ts";

/** Our sessions at the time the list was asked for, and what the list shows. */
interface Listed {
  readonly sessions: readonly Session[];
  readonly actions: readonly MachineAction[];
  readonly listing: Omit<Listing, "action">;
}

/**
 * Judges those sessions for which the list is news, and applies the judgements. Returns how many
 * records moved.
 */
export async function judgeListed(
  context: PollContext,
  outstanding: Outstanding,
  { sessions, actions, listing }: Listed,
): Promise<number> {
  const { ports, limits, requestors } = context;
  const about = { requestors, limits };
  const leases = leasesIn(outstanding);
  const moves: Moving[] = [];
  let moved = 0;
  for (const session of sessions) {
    const facts = factsOf(session);
    const action = facts === null ? null : actionOf(facts, actions, about);
    if (facts !== null && !isNews(facts, { ...listing, action }, limits)) continue;
    const came = await unlessSetAside(ports, null, async () => {
      const before = await loadSequence(ports.ledger, session.sequenceId);
      if (before === null || !holdsSession(before.value)) return null;
      // The record may be newer than its session was when the list was asked for. So the action is
      // found by the present record.
      const own = { ...listing, action: actionOf(before.value, actions, about) };
      const judgement = judge(before.value, own, limits);
      const loaded = { before, lease: leases.get(session.machineId) ?? null };
      if (judgement.kind === "move") return { loaded, after: judgement.after };
      return (await applyJudgement(context, loaded, judgement)) ? "moved" : null;
    });
    if (came === "moved") moved += 1;
    else if (came !== null) moves.push(came);
  }
  return moved + (await moveTogether(context, moves));
}

/** The action by its id; or the one of its attempt, while the answer to its POST is lost. */
function actionOf(
  known: Attempts,
  actions: readonly MachineAction[],
  about: Known,
): MachineAction | null {
  const found =
    known.actionId === null
      ? presentIn(known, actions, about)
      : actions.find((each) => each.id === known.actionId);
  return found ?? null;
}

/** The leases that were read together with everything outstanding, by machine. */
function leasesIn({ rows }: Outstanding): ReadonlyMap<string, Stored<MachineLease>> {
  const leases = rows.filter(({ key }) => isWithin(key, MACHINE));
  const { readable } = sorted(machineSchema, leases);
  return new Map(
    readable.map(({ row, value }) => [machineIdIn(row.key), { value, etag: row.etag }]),
  );
}

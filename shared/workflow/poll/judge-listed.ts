import { isWithin, machineIdIn, MACHINE } from "../../ledger/row/keys.ts";
import type { MachineAction } from "../../ledger/sequence/machine-action.ts";
import { machineSchema, type MachineLease, type Stored } from "../../ledger/sequence/rows.ts";
import { holdsSession } from "../../ledger/sequence/sequence.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { sameTag, tagIn } from "../../ledger/sequence/tag.ts";
import { isNews, judge, type Listing } from "../../limits/judge/judge.ts";
import type { OpenFacts } from "../../limits/pace/session.ts";
import { factsOf, type Session } from "../../limits/pace/session.ts";
import { carryOut, type Carrying } from "./apply-judgement.ts";
import { loadSequence } from "../../store/load.ts";
import { moveTogether, type Moving } from "./move-together.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { OpenWork } from "../../store/open-work.ts";

/** Our sessions as they stood when the list was asked for, and what it shows. */
interface Listed {
  readonly sessions: readonly Session[];
  readonly actions: readonly MachineAction[];
  readonly listing: Omit<Listing, "action">;
}

/** Judges those sessions for which the list is news, and does what that says; how many moved. */
export async function judgeListed(
  carrying: Carrying,
  open: OpenWork,
  { sessions, actions, listing }: Listed,
): Promise<number> {
  const { ports, limits } = carrying;
  const leases = leasesIn(open);
  const moves: Moving[] = [];
  let moved = 0;
  for (const session of sessions) {
    const facts = factsOf(session);
    const action = facts === null ? null : actionOf(facts, actions);
    if (facts !== null && !isNews(facts, { ...listing, action }, limits)) continue;
    const came = await unlessSetAside(ports, null, async () => {
      const before = await loadSequence(ports.ledger, session.sequenceId);
      if (before === null || !holdsSession(before.value)) return null;
      // The record may be newer than its session was when the list was asked for: what is judged is
      // the action of the record as it stands.
      const own = { ...listing, action: actionOf(before.value, actions) };
      const judgement = judge(before.value, own, limits);
      const open = { before, lease: leases.get(session.machineId) ?? null };
      if (judgement.kind === "move") return { open, after: judgement.after };
      return (await carryOut(carrying, open, judgement)) ? "moved" : null;
    });
    if (came === "moved") moved += 1;
    else if (came !== null) moves.push(came);
  }
  return moved + (await moveTogether(carrying, moves));
}

/** By its id; or, while the answer to its POST is lost, by its tag. */
function actionOf(facts: OpenFacts, actions: readonly MachineAction[]): MachineAction | null {
  const found =
    facts.actionId === null
      ? actions.find((each) => isTagged(each, facts))
      : actions.find((each) => each.id === facts.actionId);
  return found ?? null;
}

function isTagged(action: MachineAction, facts: OpenFacts): boolean {
  return sameTag(tagIn(action.comment), facts);
}

/** The leases that were read with the open work, by machine. */
function leasesIn({ rows }: OpenWork): ReadonlyMap<string, Stored<MachineLease>> {
  const leases = rows.filter(({ key }) => isWithin(key, MACHINE));
  const { readable } = sorted(machineSchema, leases);
  return new Map(
    readable.map(({ row, value }) => [machineIdIn(row.key), { value, etag: row.etag }]),
  );
}

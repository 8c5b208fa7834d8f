import type { RowChange } from "../../shared/ledger/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence.ts";
import type { Court } from "./invariants.ts";
import { recordsIn } from "./intake-judge.ts";
import { approvalsFor } from "./profiles.ts";

/** A person by the caller's name it uses; two names with one `objectId` are one person. */
export interface Person {
  readonly by: string;
  readonly objectId: string | null;
}

/** What somebody was shown, and asks to approve. */
interface Seen {
  readonly planHash: string;
  readonly sequenceIds: readonly string[];
}

/**
 * Remembers who asked to approve which plan, as it was shown to them, and looks at every claim
 * whether that was enough for it.
 */
export interface ApprovalJudge {
  committed(changes: readonly RowChange[]): void;
  approving(runId: string, who: Person, seen: Seen): void;
}

interface Asked {
  readonly who: string;
  readonly atMs: number;
  readonly planHash: string;
  readonly sequenceIds: ReadonlySet<string>;
}

interface Known {
  readonly asked: Asked[];
  readonly granted: Set<string>;
  readonly members: Map<string, SequenceRecord>;
  joinedAtMs: number;
}

/** Who sends incidents here; whoever asks for a thing may not approve it. */
export const REQUESTER = "soar";

/** `slackMs` is how far apart the service's clock and ours can be. */
export function createApprovalJudge(
  court: Court,
  { approvalMs, slackMs }: { approvalMs: number; slackMs: number },
  nowMs: () => number,
): ApprovalJudge {
  const runs = new Map<string, Known>();
  const knownOf = (runId: string): Known => {
    const fresh = { asked: [], granted: new Set<string>(), members: new Map(), joinedAtMs: 0 };
    const known: Known = runs.get(runId) ?? fresh;
    runs.set(runId, known);
    return known;
  };
  const takeIn = (record: SequenceRecord): void => {
    const needed = approvalsFor(record.profile.name);
    if (needed === 0) return;
    const known = knownOf(record.runId);
    const before = known.members.get(record.sequenceId);
    known.members.set(record.sequenceId, record);
    if (before === undefined) known.joinedAtMs = nowMs();
    else if (before.state === "waiting" && record.state === "claimed") {
      const given = mostGiven(known, record.sequenceId);
      if (given >= needed) return;
      court.fail("approved", `${record.sequenceId} is claimed with ${given} of ${needed}`);
    } else if (record.outcome?.code === "approvalExpired" && wasGranted(known, record)) {
      court.fail("approved", `${record.sequenceId} was approved, and ended as if it was not`);
    }
  };
  return {
    approving: (runId, { by, objectId }, { planHash, sequenceIds }) => {
      const known = knownOf(runId);
      const isLate = nowMs() > known.joinedAtMs + approvalMs + slackMs;
      if (by === REQUESTER || isLate) return;
      const seen = { planHash, sequenceIds: new Set(sequenceIds) };
      known.asked.push({ who: objectId ?? by, atMs: nowMs(), ...seen });
    },
    committed: (changes) => {
      for (const change of changes) {
        if (change.op === "delete") continue;
        const { key, body } = change;
        if (key.startsWith("intake!")) for (const each of recordsIn(body)) takeIn(each);
        if (key.startsWith("sequence!")) takeIn(Object.assign(Object({}), body));
        const granted = key.startsWith("run!") ? grantedIn(body) : null;
        if (granted !== null) knownOf(key.slice("run!".length)).granted.add(granted);
      }
    },
  };
}

/** Of the plans that held the sequence, the one most have approved: how many different people. */
function mostGiven({ asked }: Known, sequenceId: string): number {
  const people = new Map<string, Set<string>>();
  for (const { who, planHash, sequenceIds } of asked) {
    if (!sequenceIds.has(sequenceId)) continue;
    people.set(planHash, (people.get(planHash) ?? new Set()).add(who));
  }
  return Math.max(0, ...[...people.values()].map((each) => each.size));
}

function wasGranted({ asked, granted }: Known, { sequenceId }: SequenceRecord): boolean {
  return asked.some((each) => granted.has(each.planHash) && each.sequenceIds.has(sequenceId));
}

function grantedIn(run: unknown): string | null {
  const { approval }: { approval?: { granted?: string | null } | null } = { ...Object(run) };
  return approval?.granted ?? null;
}

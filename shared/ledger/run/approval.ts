import { createHash } from "node:crypto";
import { z } from "zod";
import { instant } from "../row/instant.ts";
import { canonicalJson } from "../../plan/canonical-json.ts";
import type { SequenceRecord } from "../sequence/sequence.ts";
import { rowObject } from "../row/row-object.ts";

/** Who asked or approved: the caller's name, and of a token the object id it was given to. */
const personSchema = rowObject({ by: z.string(), objectId: z.string().nullable() });
export type Person = Readonly<z.infer<typeof personSchema>>;

/** What the sequences of a run that need an approval wait for. */
export const approvalSchema = rowObject({
  needed: z.number().int().min(1),
  /** The one deadline of all that waits; it moves when more joins. */
  expiresAtMs: instant,
  /** Everybody who asked for any of it; none of them may approve. */
  requesters: z.array(personSchema),
  given: z.array(personSchema.extend({ planHash: z.string(), atMs: instant })),
  /** The plan that has all its approvals; good for what waited then, and for nothing that joins. */
  granted: z.string().nullable(),
});
export type Approval = z.infer<typeof approvalSchema>;

/**
 * What is asked for when sequences that need `needed` approvals join a run: all that waits has to
 * be approved anew, for it is another plan now, and has as long for it as the last that joined.
 */
export function askedFor(
  before: Approval | null,
  needed: number,
  requester: Person,
  expiresAtMs: number,
): Approval {
  const requesters = before?.requesters ?? [];
  const isKnown = requesters.some((each) => isSame(each, requester) && each.by === requester.by);
  return {
    ...before,
    needed: Math.max(needed, before?.needed ?? 1),
    expiresAtMs: Math.max(Math.floor(expiresAtMs), before?.expiresAtMs ?? 0),
    requesters: isKnown ? requesters : [...requesters, requester],
    given: [],
    granted: null,
  };
}

/** True for a sequence that may not go before somebody has approved it. */
export function isUnapproved({ approvals }: Pick<SequenceRecord, "approvals">): boolean {
  return approvals.by.length < approvals.needed;
}

/** Those of a run's sequences that wait for an approval: what its plan hash is made of. */
export function awaiting<T extends Pick<SequenceRecord, "state" | "approvals">>(
  records: readonly T[],
): T[] {
  return records.filter((each) => each.state === "waiting" && isUnapproved(each));
}

/**
 * Until when a sequence waits for its approval: the deadline of its run, or its own expiry if that
 * comes first.
 */
export function waitsUntilMs(
  approval: Pick<Approval, "expiresAtMs"> | null,
  { expiresAtMs }: Pick<SequenceRecord, "expiresAtMs">,
): number {
  return Math.min(expiresAtMs, approval?.expiresAtMs ?? expiresAtMs);
}

/** What waits to be approved, by its hash, and until when: the first that ends makes it another. */
export interface WaitingPlan {
  readonly planHash: string;
  readonly untilMs: number;
}

/** The plan that the sequences of a run which wait for an approval make; null if none does. */
export function planOf(
  approval: Approval | null,
  records: readonly SequenceRecord[],
): WaitingPlan | null {
  const waiting = awaiting(records);
  if (waiting.length === 0) return null;
  const untilMs = Math.min(...waiting.map((each) => waitsUntilMs(approval, each)));
  return { planHash: planHashOf(waiting), untilMs };
}

/**
 * The SHA-256 of what is to be run, in hex: machines, profiles, parameters and commands, whatever
 * their order. One more machine makes another hash.
 */
export function planHashOf(records: readonly SequenceRecord[]): string {
  const plan = records
    .map(({ sequenceId, machineId, profile, parameters, parts, approvals }) => {
      return { sequenceId, machineId, profile, parameters, parts, needed: approvals.needed };
    })
    .toSorted((a, b) => (a.sequenceId < b.sequenceId ? -1 : 1));
  return createHash("sha256").update(canonicalJson(plan)).digest("hex");
}

/** What came of somebody's approval of a plan. */
export type Given =
  | { readonly kind: "given"; readonly approval: Approval; readonly count: number }
  | { readonly kind: "forbidden" | "refused"; readonly detail: string };

/**
 * One approval more, of the plan as it stands (null if nothing waits for one). Refused: by one who
 * asked for any of it, twice by the same, of another plan, too late, once it is granted.
 */
export function approve(
  approval: Approval | null,
  plan: WaitingPlan | null,
  asked: Person & { readonly planHash: string },
  nowMs: number,
): Given {
  if (approval === null || approval.granted !== null || plan === null) {
    return { kind: "refused", detail: "Nothing of this run waits for an approval." };
  }
  const { by, objectId } = asked;
  if (approval.requesters.some((each) => isSame(each, asked))) {
    return { kind: "forbidden", detail: "A caller who asked for it may not approve it." };
  }
  const { planHash, untilMs } = plan;
  if (untilMs <= nowMs) {
    return { kind: "refused", detail: "The time to approve it is over." };
  }
  if (asked.planHash !== planHash) {
    const detail = "The plan has changed; read the run, and approve what it shows now.";
    return { kind: "refused", detail };
  }
  const before = approval.given.filter((each) => each.planHash === planHash);
  if (before.some((each) => isSame(each, asked))) {
    return {
      kind: "refused",
      detail: "You have already approved it; somebody else has to approve it too.",
    };
  }
  const given = [...before, { by, objectId, planHash, atMs: Math.floor(nowMs) }];
  const granted = given.length >= approval.needed ? planHash : null;
  return { kind: "given", approval: { ...approval, given, granted }, count: given.length };
}

/** The sequence with the approvals its run was granted; itself if there are none. */
export function withApprovals(record: SequenceRecord, approval: Approval | null): SequenceRecord {
  if (approval === null || approval.granted === null || !isUnapproved(record)) return record;
  const by = approval.given.map((each) => each.by);
  return { ...record, approvals: { ...record.approvals, by } };
}

/** The same caller, or the same person by another caller's name. */
function isSame(one: Person, other: Person): boolean {
  return one.by === other.by || (one.objectId !== null && one.objectId === other.objectId);
}

import { createHash } from "node:crypto";
import { z } from "zod";
import { instant } from "../row/instant.ts";
import { canonicalJson } from "../../plan/canonical-json.ts";
import type { SequenceRecord } from "../sequence/sequence.ts";
import { rowObject } from "../row/row-object.ts";

/** Who asked or approved: the caller's name and, with a token, the object id in it. */
const personSchema = rowObject({ by: z.string(), objectId: z.string().nullable() });
export type Person = Readonly<z.infer<typeof personSchema>>;

/** What the sequences of a run wait for if they need an approval. */
export const approvalSchema = rowObject({
  needed: z.number().int().min(1),
  /** The one deadline for everything that waits; it moves when more joins. */
  expiresAtMs: instant,
  /** Everybody who asked for any of it; none of them may approve it. */
  requesters: z.array(personSchema),
  given: z.array(personSchema.extend({ planHash: z.string(), atMs: instant })),
  /**
   * The plan that has all its approvals. It counts for the sequences that waited then, and for none
   * that join later.
   */
  granted: z.string().nullable(),
});
export type Approval = z.infer<typeof approvalSchema>;

/**
 * The approval after sequences that need `needed` approvals joined the run. Everything that waits
 * has to be approved again, because it is another plan now. The deadline is the latest of all
 * requests.
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

/** True for a sequence that has to be approved before it may go. */
export function isUnapproved({ approvals }: Pick<SequenceRecord, "approvals">): boolean {
  return approvals.by.length < approvals.needed;
}

/** The sequences of a run that wait for an approval; the plan hash is made of them. */
export function awaiting<T extends Pick<SequenceRecord, "state" | "approvals">>(
  records: readonly T[],
): T[] {
  return records.filter((each) => each.state === "waiting" && isUnapproved(each));
}

/**
 * How long a sequence waits for its approval: until the deadline of its run, or its own expiry if
 * that comes first.
 */
export function waitsUntilMs(
  approval: Pick<Approval, "expiresAtMs"> | null,
  { expiresAtMs }: Pick<SequenceRecord, "expiresAtMs">,
): number {
  return Math.min(expiresAtMs, approval?.expiresAtMs ?? expiresAtMs);
}

/**
 * What waits to be approved, by its hash, and until when: when the first sequence expires, the plan
 * changes.
 */
export interface WaitingPlan {
  readonly planHash: string;
  readonly untilMs: number;
}

/** The plan of the sequences of a run that wait for an approval; null if none waits. */
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
 * The SHA-256 of what will be run, in hex: machines, profiles, parameters and commands, in any
 * order. One more machine makes another hash.
 */
export function planHashOf(records: readonly SequenceRecord[]): string {
  const plan = records
    .map(({ sequenceId, machineId, profile, parameters, parts, approvals }) => {
      return { sequenceId, machineId, profile, parameters, parts, needed: approvals.needed };
    })
    .toSorted((a, b) => (a.sequenceId < b.sequenceId ? -1 : 1));
  return createHash("sha256").update(canonicalJson(plan)).digest("hex");
}

/** The result of an approval of a plan. */
export type Given =
  | { readonly kind: "given"; readonly approval: Approval; readonly count: number }
  | { readonly kind: "forbidden" | "refused"; readonly detail: string };

/**
 * Adds one approval of the present plan (null if nothing waits for one). Refused: an approval by a
 * person who asked for any of it, a second one by the same person, one of another plan, one that is
 * too late, and one after the plan has all it needs.
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

/** The sequence with the approvals of its run; unchanged if there are none. */
export function withApprovals(record: SequenceRecord, approval: Approval | null): SequenceRecord {
  if (approval === null || approval.granted === null || !isUnapproved(record)) return record;
  const by = approval.given.map((each) => each.by);
  return { ...record, approvals: { ...record.approvals, by } };
}

/** True for the same caller, or the same person under another caller's name. */
function isSame(one: Person, other: Person): boolean {
  return one.by === other.by || (one.objectId !== null && one.objectId === other.objectId);
}

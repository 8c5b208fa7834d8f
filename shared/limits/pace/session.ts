import { z } from "zod";
import { claimOf } from "../../ledger/sequence/claims.ts";
import type { MachineAction } from "../../ledger/sequence/machine-action.ts";
import { sequenceSchema, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

const facts = sequenceSchema.pick({
  part: true,
  attempt: true,
  state: true,
  actionId: true,
  claimedAtMs: true,
  submittedAtMs: true,
  expiresAtMs: true,
  cancel: true,
  lane: true,
  offlineTimes: true,
  claims: true,
});

/**
 * The fields of an open sequence that decide whether a poll has to do anything for it. The budget
 * has them for every session, so a poll reads only the records that it will change.
 */
export type SessionFacts = Pick<SequenceRecord, "sequenceId" | "machineId"> & z.infer<typeof facts>;

/**
 * An open session in the budget: its sequence, and a glance at the record, so that a poll need not
 * read it. Without a glance the poll has to read it.
 */
export const sessionSchema = rowObject({
  sequenceId: z.string(),
  machineId: z.string(),
  machineName: z.string().nullable().optional(),
  glance: facts.optional(),
  /** Defender's words when last seen: the action's status, then that of each command. */
  seen: z.array(z.string()).optional(),
  /**
   * How old its action was in the last list that did not show it; only while no list has shown it.
   */
  missedMs: z.number().nonnegative().optional(),
  /** True if it was claimed with library files. */
  usesLibrary: z.boolean().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

/** The session of a record that has one. */
export function sessionOf(record: SequenceRecord): Session {
  const { sequenceId, machineId, machineName, part, attempt, state, actionId } = record;
  const { claimedAtMs, submittedAtMs, expiresAtMs, cancel, lane, offlineTimes } = record;
  const present = record.claims.filter((each) => each.part === part && each.attempt === attempt);
  const glance = {
    part,
    attempt,
    state,
    actionId,
    claimedAtMs,
    submittedAtMs,
    expiresAtMs,
    cancel,
    lane,
    offlineTimes,
    // No poll needs their files, and the budget is written often.
    claims: present.map((each) => ({ ...each, files: null })),
  };
  const usesLibrary = present.some(({ files }) => files !== null);
  return { sequenceId, machineId, machineName, glance, usesLibrary };
}

/**
 * The new session in the place of the old one: a new glance, and nothing seen yet. Fields of
 * another version of the app stay.
 */
export function renewed(before: Session | undefined, session: Session): Session {
  if (before === undefined) return session;
  const { seen: _seen, missedMs: _missedMs, glance: _glance, ...kept } = before;
  if (session.glance === undefined) return { ...kept, ...session };
  const claims = session.glance.claims.map((claim) => {
    return { ...(before.glance === undefined ? null : claimOf(before.glance, claim)), ...claim };
  });
  return { ...kept, ...session, glance: { ...before.glance, ...session.glance, claims } };
}

/** What a session says to a poll without its record; null if it has no glance. */
export function factsOf({ sequenceId, machineId, glance }: Session): SessionFacts | null {
  return glance === undefined ? null : { sequenceId, machineId, ...glance };
}

/** What Defender says of an action, as a session has it. */
export function seenOf({ status, commands }: MachineAction): string[] {
  return [status, ...commands.map((each) => each.status)];
}

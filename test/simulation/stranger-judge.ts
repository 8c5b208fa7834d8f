import { auditRecordSchema } from "../../shared/evidence/audit.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";
import type { TenantAction } from "./tenant-action.ts";

/** Judges that nothing of a stranger passes for an action of ours, nor the reverse. */
export interface StrangerJudge {
  /** A record was written. */
  written(after: SequenceRecord): void;
  /** At the end: who was called an impersonator, and how often. */
  aftermath(rows: readonly { body: unknown }[]): void;
}

export function createStrangerJudge(
  court: Court,
  actionOf: (actionId: string) => TenantAction | null,
): StrangerJudge {
  const isStrange = (actionId: string) => actionOf(actionId)?.ours === false;
  return {
    written: (after) => {
      const { sequenceId, actionId, state, unmarked, actionStatus } = after;
      // Without a comment the answer to a POST can name anything; only what follows from it counts.
      const isTaken = actionStatus !== null || (state === "submitted" && !unmarked);
      if (actionId !== null && isTaken && isStrange(actionId)) {
        court.fail("stranger", `${sequenceId} is ${state} by ${actionId}, which is not ours`);
      }
      const ids = [...after.claims, ...after.results, ...after.late].map((each) => each.actionId);
      const strange = ids.find((each) => each !== null && isStrange(each));
      if (strange !== undefined) court.fail("stranger", `${sequenceId} has kept ${strange}`);
      const own = after.impersonations.find((each) => actionOf(each.actionId)?.ours === true);
      if (own !== undefined) court.fail("stranger", `${own.actionId} is ours, but: ${own.why}`);
    },
    aftermath: (rows) => {
      const said = rows.flatMap(({ body }) => impersonatorsIn(body));
      const twice = said.find((each, index) => said.indexOf(each) !== index);
      if (twice !== undefined) court.fail("stranger", `the log says of ${twice} twice`);
      const own = said.find((each) => !isStrange(each));
      if (own !== undefined) court.fail("stranger", `the log calls ${own} an impersonator`);
    },
  };
}

function impersonatorsIn(body: unknown): string[] {
  const record = auditRecordSchema.safeParse(body);
  if (!record.success || record.data.event !== "impersonation") return [];
  return record.data.sequences.flatMap(({ machineActionId }) => machineActionId ?? []);
}

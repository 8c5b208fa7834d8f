import type { CommandProgress, SequenceRecord } from "./sequence.ts";

/**
 * True if a part of it may have run twice on its machine: by its own action and by a late one, or
 * by two late ones.
 */
export function doneTwice(
  record: Pick<SequenceRecord, "part" | "actionId" | "progress" | "late">,
): boolean {
  const ran = record.late.filter((each) => each.ran);
  return ran.some(({ part, actionId }) => {
    const isAnother = ran.some((each) => each.part === part && each.actionId !== actionId);
    return isAnother || ownRan(record, part, actionId);
  });
}

/** Parts before the present one have run; otherwise it would not be at this part. */
function ownRan(
  { part: present, actionId, progress }: Parameters<typeof doneTwice>[0],
  part: number,
  lateActionId: string,
): boolean {
  if (part < present) return true;
  const isOther = actionId !== null && actionId !== lateActionId;
  return isOther && progress.some((each) => each.part === part && hasBegun(each));
}

function hasBegun({ status, startedAtMs, endedAtMs }: CommandProgress): boolean {
  const isDone = status === "Completed" || status === "Failed";
  return isDone || startedAtMs !== null || endedAtMs !== null;
}

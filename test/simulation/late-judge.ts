import { auditRecordSchema } from "../../shared/evidence/audit.ts";
import { lostPostSchema } from "../../shared/limits/pace/lost-posts.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { markOf, type Marked } from "./door-judge.ts";
import type { Court } from "./invariants.ts";
import { hasRun, isOpen, type TenantAction } from "./tenant-action.ts";

/** Judges whether the ledger knows of every action of ours there is, and says which came late. */
export interface LateJudge {
  /** What the budget says now of lost POSTs. */
  noted(budget: unknown): void;
  /** A record was written over another. */
  written(before: SequenceRecord | null, after: SequenceRecord): void;
  /** The first action that no record tells the truth of, though Defender lists it; or null. */
  untold(actions: readonly TenantAction[], nowMs: number): TenantAction | null;
  /** At the end: what ran late, or twice, is in the record and in the log. */
  aftermath(actions: readonly TenantAction[], rows: readonly { body: unknown }[]): void;
}

export function createLateJudge(
  court: Court,
  records: () => ReadonlyMap<string, SequenceRecord>,
): LateJudge {
  /** Part and attempt of every action that some sequence had as its own. */
  const own = new Set<string>();
  /** Those whose action a list has shown, while something keeps the sequence from taking it. */
  let shown: readonly Marked[] = [];
  const isOwn = ({ comment }: TenantAction) => {
    const mark = markOf(comment);
    return mark !== null && own.has(nameOf(mark));
  };
  const lateOf = (action: TenantAction) => {
    const record = records().get(markOf(action.comment)?.sequenceId ?? "");
    return record?.late.find((each) => each.actionId === action.id) ?? null;
  };
  return {
    noted: (budget) => {
      const lost = lostPostSchema.array().safeParse(Object(budget).lost);
      shown = (lost.data ?? []).filter(({ seen }) => seen !== null);
    },
    written: (before, after) => {
      if (after.actionId !== null) own.add(nameOf(after));
      // Found and ended at one look, a part leaves nothing but the next one.
      if (before !== null && before.part < after.part) own.add(nameOf(before));
    },
    untold: (actions, nowMs) =>
      actions.find((each) => {
        if (!each.ours || each.vanishesAtMs !== Infinity || isOwn(each)) return false;
        const name = nameOf(markOf(each.comment) ?? NOBODY);
        if (shown.some((post) => nameOf(post) === name)) return false;
        if (!isOpen(each, nowMs) && !hasRun(each, nowMs)) return false;
        const late = lateOf(each);
        return late === null || (hasRun(each, nowMs) && !late.ran);
      }) ?? null,
    aftermath: (actions, rows) => {
      const logged = new Set(rows.flatMap(({ body }) => ranLateIn(body)));
      const known = actions.filter((each) => {
        return each.ours && hasRun(each, Infinity) && each.vanishesAtMs === Infinity;
      });
      const parts = new Set<string>();
      for (const action of known) {
        const late = lateOf(action);
        if (late?.ran === true && !logged.has(action.id)) {
          court.fail("said", `no log tells that ${action.comment} ran late`);
        }
        if (late !== null) continue;
        const mark = markOf(action.comment);
        const part = `${mark?.sequenceId}.${mark?.part}`;
        if (parts.has(part)) court.fail("said", `${action.comment} ran beside another`);
        parts.add(part);
      }
    },
  };
}

const NOBODY: Marked = { sequenceId: "", part: 0, attempt: 0 };

function nameOf({ sequenceId, part, attempt }: Marked): string {
  return `${sequenceId}.${part}.${attempt}`;
}

function ranLateIn(body: unknown): string[] {
  const record = auditRecordSchema.safeParse(body);
  if (!record.success || record.data.event !== "ranLate") return [];
  return record.data.sequences.flatMap(({ machineActionId }) => machineActionId ?? []);
}

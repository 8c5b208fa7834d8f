import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { judge, type Judgement, type Listing } from "../../../shared/limits/judge/judge.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const LIMITS = someLimits();

/** The judgement of a record whose action is so `afterMs` after the start of all fixtures. */
export function judged(
  record: SequenceRecord,
  action: MachineAction | null,
  afterMs: number,
  others = false,
  pickupMs: number | null = null,
): Judgement {
  const listing: Listing = {
    action,
    nowMs: START_MS + afterMs,
    othersWait: others,
    requestors: [],
    pickupMs,
    lagMs: 0,
  };
  return judge(record, listing, LIMITS);
}

/**
 * What a judgement makes of the record, for tables: its kind, then the state it leads to, if it
 * does.
 */
export function inShort(judgement: Judgement): string {
  return "after" in judgement ? `${judgement.kind} ${judgement.after.state}` : judgement.kind;
}

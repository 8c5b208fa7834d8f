import type { MachineScope } from "../../access/machine-scope.ts";
import type { Incident, SkippedMachine } from "../../incident/incident.ts";
import type { Problem } from "../../incident/problem.ts";
import type { GatePolicy } from "../../ledger/run/gate.ts";
import type { CallbackTarget } from "../../ledger/outbox/notice.ts";
import type { SweptBy } from "../../ledger/sweep/batch.ts";
import { stateOf, type RunRecord, type RunState } from "../../ledger/run/run.ts";
import type { RowChange } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Caps } from "../../access/caps.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import type { Plan, ReadAs } from "../../plan/plan.ts";
import type { Routing } from "../../plan/profile/routing.ts";
import type { LaneName } from "../../plan/lane.ts";
import type { Machine, Ports } from "../../ports.ts";
import type { LookUpPayments } from "../../store/look-up-payments.ts";
import type { CountedCommits } from "./counted-commits.ts";

export type AcceptPorts = Pick<
  Ports,
  "ledger" | "bells" | "defender" | "clock" | "random" | "log"
> & { readonly countedCommits: CountedCommits; readonly lookUpPayments: LookUpPayments };

export interface AcceptSettings {
  readonly limits: Limits;
  readonly expiryMs: number;
  readonly catalogue: Catalogue;
  readonly routing: Routing;
  readonly scope: MachineScope;
  /** The policy that lets the sequences of a run go; null lets all of them go. */
  readonly policy: GatePolicy | null;
  /** How long an approval may be waited for. */
  readonly approvalMs: number;
}

/** An incident, and how a known caller asks for it to be worked on. */
export interface Submission {
  readonly incident: Incident;
  readonly caller: string;
  /** The team that the run belongs to; it shares the run with no other team. */
  readonly team: string;
  /** The person or app that showed the token; null without a token. */
  readonly objectId: string | null;
  readonly asked: {
    readonly profile: string | null;
    readonly parameters: Readonly<Record<string, string>>;
    /** Profiles for several platforms, instead of one. */
    readonly profiles?: readonly string[];
    /** The lane, whatever the profile's own is. */
    readonly lane?: LaneName;
  };
  /**
   * The caller's own key for this request, and what a second request must equal to be the same:
   * hashes, hex.
   */
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
  /** When the sender signed this try, in seconds since 1970; null if no time is signed. */
  readonly signedAtSeconds: number | null;
  /** How many machines it may bring; null counts nothing. */
  readonly caps: Caps | null;
  /** Who is told of it. */
  readonly callbacks: readonly CallbackTarget[];
  /** Run it again although it was accepted before. */
  readonly again: boolean;
  /** Why the caller may not use a profile, null if it may; also for profiles that routing chose. */
  readonly whyNotUse: (profile: string) => string | null;
  /** What a sweep knows besides; absent for an incident. */
  readonly sweep?: SweptRequest;
}

/** A batch of a sweep: its machines come from Defender's list, so nobody asks for them again. */
export interface SweptRequest {
  readonly by: SweptBy;
  readonly machines: readonly Machine[];
  /** When Defender was asked for them, epoch milliseconds. */
  readonly listedAtMs: number;
  /** When its round is over, whatever the settings allow an incident. */
  readonly expiresAtMs: number;
  /** The row of the round as it was read: if it has changed, nothing is accepted. */
  readonly guard: Extract<RowChange, { op: "replace" }>;
}

/** A sequence as the answer names it. */
type AcceptedSequence = Pick<SequenceRecord, "sequenceId" | "machineId" | "machineName" | "state">;

export type Acceptance =
  | {
      readonly kind: "accepted";
      readonly run: RunRecord;
      readonly state: RunState;
      readonly sequences: readonly AcceptedSequence[];
      readonly skipped: readonly SkippedMachine[];
      readonly readAs: readonly ReadAs[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  | { readonly kind: "forbidden"; readonly detail: string }
  | {
      readonly kind: "nothingToDo";
      readonly detail: string;
      readonly skipped: readonly SkippedMachine[];
    }
  | { readonly kind: "keyReused"; readonly detail: string }
  /** A copy of a signed message that was accepted. */
  | { readonly kind: "replayed"; readonly detail: string }
  | { readonly kind: "tooManyMachines"; readonly detail: string }
  | { readonly kind: "tooManyCallbacks"; readonly detail: string }
  /** A cap of the day; the next day begins in `retryAfterSeconds`. */
  | { readonly kind: "overCap"; readonly detail: string; readonly retryAfterSeconds: number }
  | { readonly kind: "unavailable"; readonly detail: string };

/** The answer to a request whose sequences are in the ledger. */
export function answer(
  run: RunRecord,
  planned: readonly SequenceRecord[],
  known: ReadonlyMap<string, SequenceRecord>,
  { skipped, readAs }: Pick<Plan, "skipped" | "readAs">,
): Acceptance {
  const sequences = planned.map((each) => {
    const { sequenceId, machineId, machineName, state } = known.get(each.sequenceId) ?? each;
    return { sequenceId, machineId, machineName, state };
  });
  return { kind: "accepted", run, state: stateOf(run), sequences, skipped, readAs };
}

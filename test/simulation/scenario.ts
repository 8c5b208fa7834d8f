import type { z } from "zod";
import type { definitionSchema } from "../../shared/sweep/definition.ts";
import type { GatePolicy } from "../../shared/ledger/run/gate.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { Person } from "./approval-judge.ts";
import type { FaultRates } from "./faults.ts";
import type { ProfileName } from "./profiles.ts";
import type { Receiver } from "./receivers.ts";

/** From an instant until another, both in milliseconds after the start. */
export type Span = readonly [fromMs: number, untilMs: number];

/** Any instant will do; this one is far from 0, as real ones are. */
export const START_MS = 1_800_000_000_000;

/** The tag of machines that the scope of a drain denies. */
export const OFF_LIMITS = "off-limits";

/**
 * A machine: when it is not reachable, when a person sits on it with a portal session, when it is
 * offboarded.
 */
export interface ScenarioMachine {
  readonly machineId: string;
  readonly offline: readonly Span[];
  readonly portal: readonly Span[];
  readonly goneAtMs: number | null;
  /** From when on Defender says that it has the tag `OFF_LIMITS`; absent is never. */
  readonly offLimitsFromMs?: number;
  /** True if it runs Windows, whatever its senders say; every profile here is for Linux. */
  readonly isOther?: boolean;
  /** From when on Defender knows it; absent is always. */
  readonly listedFromMs?: number;
  /** When it is exposed, which a query can ask for; absent is always. */
  readonly exposed?: Span;
}

/**
 * One incident as its sender sends it: `copies` times, some seconds apart, whatever the first
 * answer was.
 */
export interface Arrival {
  readonly atMs: number;
  /** Who sends it, by its team; absent is the one that sends all others. */
  readonly team?: string;
  readonly incidentId: string;
  readonly profile: ProfileName;
  readonly machineIds: readonly string[];
  readonly idempotencyKey: string | null;
  readonly copies: number;
}

/**
 * What an operator does, and when; one that approves reads the run first, and thinks about it.
 */
export type Operation =
  | { readonly kind: "pause" | "resume"; readonly atMs: number }
  | { readonly kind: "cancel" | "resumeRun"; readonly atMs: number; readonly incidentId: string }
  | {
      readonly kind: "cancelOne" | "retry";
      readonly atMs: number;
      readonly incidentId: string;
      /** Which of its sequences, among those that there are then. */
      readonly pick: number;
    }
  | {
      readonly kind: "approve";
      readonly atMs: number;
      readonly incidentId: string;
      readonly who: Person;
      readonly thinkMs: number;
      /** It shows the hash of another plan than the one that stands. */
      readonly isStale: boolean;
    };

/**
 * What somebody does right before a port call takes effect, whoever makes it: the so-manieth while
 * a run is paused, waits for an approval, or is there. Who `dies` only gets as far as the decision.
 */
export type Interruption = { readonly incidentId: string; readonly atCall: number } & (
  | { readonly kind: "resumeRun"; readonly dies: boolean }
  | { readonly kind: "approve"; readonly who: Person; readonly dies: boolean }
  | { readonly kind: "cancel" }
);

/** A POST of another product in the same tenant; it holds a session and spends a call. */
export interface ForeignPost {
  readonly atMs: number;
  readonly machineId: string;
  readonly comment: string | null;
}

/**
 * What a stranger does who knows our marks. `ahead` writes the mark of the next attempt, `zero` the
 * mark of no attempt on another machine, `guess` that of the present attempt with a nonce of its
 * own. The others copy the whole comment of an action of ours: on another machine, with other
 * commands, or with the same.
 */
export const DISGUISES = ["ahead", "zero", "guess", "elsewhere", "otherwise", "replay"] as const;

/** When a stranger tries that, and then again some times if its POST is refused. */
export interface Stranger {
  readonly atMs: number;
  readonly disguise: (typeof DISGUISES)[number];
  /** True if Defender calls the stranger what it calls us. */
  readonly isNamesake: boolean;
}

/** What Defender, or whoever issues tokens, refuses the app as such, and when; null is for good. */
export interface Bar {
  readonly call: "token" | "submit" | "list";
  readonly fromMs: number;
  readonly untilMs: number | null;
}

/** How Defender behaves where its pages leave it open; milliseconds. */
export interface TenantRules {
  readonly callsPerMinute: number;
  readonly maxSessions: number;
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  readonly retryAfterOnRate: boolean;
  /** The members of one page of a list. */
  readonly pageSize: number;
  /** An action is missing from the list, and from GET, for up to this long after the POST. */
  readonly listLagMs: number;
  /** A list can be told by a replica that is this far behind. */
  readonly replicaLagMs: number;
  /** Answers 201 with the action that is there instead of 400. */
  readonly givesExisting: boolean;
  /** When it does not tell of machines; null is never. */
  readonly silent: Span | null;
  /** How long an action waits for its machine. */
  readonly pendingMs: number;
  /** When results are refused with 403, on the link or on the blob behind it; null is never. */
  readonly denied: { readonly what: "link" | "blob"; readonly span: Span } | null;
  /** Its word for one whose machine did not come in that time. */
  readonly neverCame: "TimeOut" | "Failed";
  readonly commandMs: Span;
  /**
   * Share of commands that fail, of actions that time out in a command, that vanish, that show odd
   * statuses.
   */
  readonly failing: number;
  readonly timingOut: number;
  readonly vanishing: number;
  readonly odd: number;
}

/** What somebody makes of a library file, and when: other bytes, none, or the pinned ones again. */
export interface LibraryChange {
  readonly atMs: number;
  readonly name: string;
  readonly to: "other" | "gone" | "pinned";
}

/** That two versions of the app run at once, and what the newer one writes. */
export interface Versions {
  /** True if every other host adds a field to all that it writes. */
  readonly mixed: boolean;
  /** Rows that are of a version nobody knows for a while. */
  readonly odd: readonly OddRow[];
}

/** A row of this kind, and when; milliseconds since the start. */
export interface OddRow {
  readonly kind: string;
  readonly atMs: number;
  readonly forMs: number;
}

/** What a person does with the sweep, or with its last round. */
export interface SweepOperation {
  readonly kind:
    | "start"
    | "stop"
    | "stopAll"
    | "pause"
    | "resume"
    | "rerun"
    | "apply"
    | "delete"
    | "pauseSweep";
  readonly atMs: number;
}

/** A sweep over the machines of the tenant, and how often a host looks at it. */
export interface SweepPlan {
  readonly definition: z.input<typeof definitionSchema>;
  readonly operations: readonly SweepOperation[];
  /** When it may submit, as its window says in words; null is always. */
  readonly hours: readonly Span[] | null;
  /** When advanced hunting gives no answer, or only the first rows of it; null is never. */
  readonly hunting: { readonly gives: "nothing" | "some"; readonly span: Span } | null;
  /** How often an open round lists again; null is as in production. */
  readonly listedEveryMs: number | null;
  readonly tickEveryMs: number;
  /** True if two hosts can look at once. */
  readonly ticksOverlap: boolean;
  /** How often the store of rows lets callers down. */
  readonly rowRates: FaultRates;
  /** When somebody reads the rows of all rounds. */
  readonly readings: readonly number[];
}

/** Everything that is decided before the first event. All `atMs` are after the start. */
export interface Scenario {
  readonly seed: number;
  readonly profile: string;
  readonly limits: Limits;
  /** How runs are let go; null lets all of them. */
  readonly policy: GatePolicy | null;
  /** How long an approval may be waited for. */
  readonly approvalMs: number;
  /** Who is told of every run. */
  readonly receivers: readonly Receiver[];
  readonly lingerMs: number;
  /** How old facts may be when a scope is judged by them; null if the drains have no scope. */
  readonly factsAgeMs: number | null;
  /** How old a list of the library may be, and what becomes of it; null: nobody checks it. */
  readonly library: {
    readonly ageMs: number;
    readonly changes: readonly LibraryChange[];
    /** When Defender does not tell of it; null is never. */
    readonly silent: Span | null;
  } | null;
  readonly expiryMs: number;
  readonly hosts: number;
  /** Until then hosts start with the setting PAUSED; then all are started again without it. */
  readonly pausedUntilMs: number | null;
  readonly pollEveryMs: number;
  /** How long a watch of timer or drain goes on; with 0 the timer only polls. */
  readonly watchMs: number;
  /** True if two hosts can run the poll at once. */
  readonly pollsOverlap: boolean;
  readonly machines: readonly ScenarioMachine[];
  readonly arrivals: readonly Arrival[];
  readonly operations: readonly Operation[];
  readonly interruptions: readonly Interruption[];
  readonly foreign: readonly ForeignPost[];
  readonly strangers: readonly Stranger[];
  readonly tenant: TenantRules;
  readonly bars: readonly Bar[];
  /** Null: nobody has a sweep. */
  readonly sweeps: SweepPlan | null;
  readonly versions: Versions;
  /** From here on nothing is injected any more; machines stay as they are. */
  readonly healAtMs: number;
  readonly rates: FaultRates;
}

/**
 * The limits as shipped (docs/settings.md), but for waits made shorter so that an hour shows what
 * days would.
 */
export const SHIPPED: Limits = {
  callsPerWindow: 10,
  windowMs: 60_000,
  maxSessions: 25,
  sendFenceMs: 2_000,
  callTimeoutMs: 30_000,
  guardMs: 180_000,
  patienceMs: 180_000,
  busyRetryMs: 60_000,
  offlineRetryMs: 300_000,
  pollMs: 15_000,
  closedDoorMs: 60_000,
  readsPerMinute: 100,
  readsPerHour: 1_500,
  huntsPerMinute: 15,
};

/** DRAIN_LINGER_SECONDS as shipped. */
export const SHIPPED_LINGER_MS = 240_000;

/** A tenant in which nothing goes wrong. */
export const CALM_TENANT: TenantRules = {
  callsPerMinute: 10,
  maxSessions: 25,
  readsPerMinute: 100,
  readsPerHour: 1_500,
  retryAfterOnRate: true,
  pageSize: 10_000,
  listLagMs: 0,
  replicaLagMs: 0,
  givesExisting: false,
  silent: null,
  pendingMs: 7_200_000,
  denied: null,
  neverCame: "TimeOut",
  commandMs: [5_000, 25_000],
  failing: 0,
  timingOut: 0,
  vanishing: 0,
  odd: 0,
};

/** Runs that go at once and whole, and nobody in between. */
export const UNGUARDED = {
  factsAgeMs: null,
  library: null,
  policy: null,
  watchMs: 0,
  pausedUntilMs: null,
  versions: { mixed: false, odd: [] },
  approvalMs: 3_600_000,
  receivers: [],
  interruptions: [],
  bars: [],
  strangers: [],
  sweeps: null,
} as const satisfies Partial<Scenario>;

/** The id of the n-th machine, as Defender writes them. */
export function machineIdOf(number: number): string {
  return number.toString(16).padStart(40, "0");
}

/** True if that is refused at `atMs`, as long after the start. */
export function isBarred(scenario: Scenario, call: Bar["call"], atMs: number): boolean {
  return scenario.bars.some(
    (each) => each.call === call && atMs >= each.fromMs && atMs < (each.untilMs ?? Infinity),
  );
}

/** A machine that is always there. */
export function steadyMachine(number: number): ScenarioMachine {
  return { machineId: machineIdOf(number), offline: [], portal: [], goneAtMs: null };
}

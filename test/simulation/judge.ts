import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { createApprovalJudge, type ApprovalJudge } from "./approval-judge.ts";
import { createDoorJudge, markOf, type DoorJudge, type Promised } from "./door-judge.ts";
import { createFactsJudge, type FactsJudge } from "./facts-judge.ts";
import type { Epoch } from "./hosts.ts";
import type { Court } from "./invariants.ts";
import { createGateJudge, type GateJudge } from "./gate-judge.ts";
import { createLateJudge, type LateJudge } from "./late-judge.ts";
import { createLedgerJudge, type LedgerJudge } from "./ledger-judge.ts";
import { createLockoutJudge, type LockoutJudge } from "./lockout-judge.ts";
import { createLibraryJudge, type LibraryJudge } from "./library-judge.ts";
import { createNoticeJudge, type NoticeJudge } from "./notice-judge.ts";
import { createRetryJudge, type RetryJudge } from "./retry-judge.ts";
import { createSealJudge, type SealJudge } from "./seal-judge.ts";
import { createSettingJudge, type SettingJudge } from "./setting-judge.ts";
import { createHistoryJudge, type HistoryJudge } from "./history-judge.ts";
import { createHoursJudge } from "./hours-judge.ts";
import { createRecentJudge } from "./recent-judge.ts";
import { createSweepJudge, roundsIn, type SweepJudge } from "./sweep-judge.ts";
import { createTargetJudge, type TargetJudge } from "./target-judge.ts";
import { createSummaryJudge, type SummaryJudge } from "./summary-judge.ts";
import { createStrangerJudge, type StrangerJudge } from "./stranger-judge.ts";
import { expectedParts } from "./profiles.ts";
import type { Scenario } from "./scenario.ts";
import type { ReadApi } from "./tenant.ts";
import { commandAt, endOf, isOpen, type TenantAction } from "./tenant-action.ts";

/** Everything that must hold while the simulation runs, judged by what senders and Defender see. */
export interface Judge {
  readonly door: DoorJudge &
    Pick<LockoutJudge, "listed" | "refused"> &
    Pick<TargetJudge, "hunted"> & { libraryListed(nowMs: number): void };
  readonly ledger: LedgerJudge;
  readonly gates: GateJudge;
  readonly approvals: ApprovalJudge;
  readonly notices: NoticeJudge;
  readonly retries: RetryJudge;
  readonly seals: SealJudge;
  readonly summaries: SummaryJudge;
  readonly histories: HistoryJudge;
  readonly late: LateJudge;
  readonly strangers: StrangerJudge;
  readonly facts: FactsJudge;
  readonly setting: SettingJudge;
  readonly sweeps: SweepJudge;
  readonly library: LibraryJudge;
  readonly reads: { leaves(api: ReadApi, epoch: Epoch): void };
  committed(changes: readonly RowChange[]): void;
  leaves(comment: string, epoch: Epoch): void;
  /** Defender itself refuses the POST with this comment. */
  refuses(comment: string): void;
  /** A sender was told that its incident was accepted; `sent` names it and the sender's team. */
  accepted(sent: string, runId: string, sequenceIds: readonly string[]): void;
  /** Looks at what must not stay as it is; to be called every minute or so. */
  patrol(actions: readonly TenantAction[], healedAtMs: number): void;
  /** Sequences that a sender was told of. */
  readonly promisedIds: Set<string>;
}

/** Without a stall a call leaves this long after it was counted at most, clocks included. */
const READ_SLACK_MS = 5_000;
const STALL_MEMORY_MS = 120_000;
const TAKEN_OVER_MS = 660_000;
/** Where lists are slow the guard time follows them, up to so many times the setting. */
const GUARD_MOST_TIMES = 10;
const FOUND_MS = 900_000;
/** Bounds of the service's clock are this far apart at most: a second, the front ends, the wire. */
const CLOCK_UNCERTAINTY_MS = 3_000;

export function createJudge(
  scenario: Scenario,
  court: Court,
  actionOf: (actionId: string) => TenantAction | null,
  { nowMs, startMs }: { nowMs: () => number; startMs: number },
): Judge {
  const promisedIds = new Set<string>();
  const promises = new Map<string, Promised>();
  const claimedAt = new Map<string, number>();
  const runs = new Map<string, string>();
  const verdicts = new Set<string>();
  const onPlanned = (record: SequenceRecord): void => {
    promises.set(record.sequenceId, promisedIn(scenario, record, nowMs()));
  };
  const onMove = (before: SequenceRecord | null, after: SequenceRecord): void => {
    const { sequenceId } = after;
    lockouts.moved(before, after, nowMs());
    if (before === null && !promises.has(sequenceId)) onPlanned(after);
    if (after.state !== "claimed" && after.state !== "unconfirmed") claimedAt.delete(sequenceId);
    else if (!claimedAt.has(sequenceId)) claimedAt.set(sequenceId, nowMs());
    if (after.cancel?.why === "asked") door.recalled(sequenceId, nowMs());
    // Nobody but our own operators cancels anything of ours here.
    const isAsked = after.cancel?.why === "asked" || after.stopped !== null;
    if (after.state === "cancelled" && !isAsked) {
      court.fail("asked", `${sequenceId} is cancelled, but nobody asked for that`);
    }
    facts.moved(before, after);
    library.moved(before, after);
    for (const each of [sweeps, recent, targets]) each.moved(before, after);
    const isVerdict =
      verdicts.has(sequenceId) ||
      (after.outcome?.code === "otherMachine" && facts.isOther(after.machineId, nowMs())) ||
      (after.outcome?.code === "outOfScope" && facts.isDenied(after.machineId, nowMs()));
    if (after.state === "refused" && !isTerminal(before ?? after) && !isVerdict) {
      court.fail("verdict", `${sequenceId} is refused: ${after.outcome?.detail}`);
    }
    late.written(before, after);
    retries.written(before, after);
    strangers.written(after);
    const action = actionOf(after.actionId ?? "");
    // What Defender never showed ends by our own clock, and what it denies to know is given up.
    const isUnseen = after.outcome?.code === "notKnown";
    const isShown = action !== null && nowMs() >= action.listedAtMs && !isUnseen;
    const ends = isTerminal(after) && (before === null || !isTerminal(before));
    const isOwn = action?.ours === true && markOf(action.comment)?.sequenceId === sequenceId;
    if (ends && isOwn && isShown && isOpen(action, nowMs())) {
      court.fail("honest", `${sequenceId} is ${after.state}, but ${action.id} is still open`);
    }
    if (after.state === "succeeded" && before?.state !== "succeeded") {
      checkHonest(court, after, actionOf, nowMs());
    }
  };
  const ledger = createLedgerJudge(court, onPlanned, onMove);
  const strangers = createStrangerJudge(court, actionOf);
  const facts = createFactsJudge(court, scenario, startMs);
  const library = createLibraryJudge(court, scenario, startMs);
  const sweeps = createSweepJudge(court, nowMs);
  const recent = createRecentJudge(court, scenario.rates.stall > 0, nowMs);
  const targets = createTargetJudge(court, scenario, recent, nowMs);
  const late = createLateJudge(court, () => ledger.records);
  const retries = createRetryJudge(court, () => ledger.records);
  const lockouts = createLockoutJudge(court, scenario, startMs);
  const seen = createDoorJudge(court, scenario.limits, (id) => promises.get(id) ?? null);
  const door = {
    ...seen,
    ...lockouts,
    libraryListed: (atMs: number) => library.listed(atMs),
    hunted: (named: readonly string[] | null) => targets.hunted(named),
    arrived: (atMs: number) => {
      seen.arrived(atMs);
      lockouts.arrived(atMs);
    },
  };
  const gates = createGateJudge(court, scenario.policy, nowMs);
  const slackMs = CLOCK_UNCERTAINTY_MS;
  const approvals = createApprovalJudge(court, { ...scenario, slackMs }, nowMs);
  const notices = createNoticeJudge(court, scenario.receivers, nowMs);
  const seals = createSealJudge(court);
  const isMixed = scenario.versions.mixed;
  const summaries = createSummaryJudge(court, () => ledger.records, isMixed);
  const histories = createHistoryJudge(court, () => ledger.records, isMixed);
  const reads = readsJudge(scenario, court, nowMs);
  const { guardMs, sendFenceMs } = scenario.limits;
  const hours = createHoursJudge(court, scenario.sweeps?.hours ?? null, scenario.limits, {
    records: () => ledger.records,
    slackMs,
  });
  const setting = createSettingJudge(court, sendFenceMs + slackMs, nowMs);
  // An action that no list shows stands for a lag that goes on.
  const areSlow = scenario.tenant.listLagMs > guardMs || scenario.tenant.vanishing > 0;
  const takenOverMs = TAKEN_OVER_MS + (areSlow ? guardMs * GUARD_MOST_TIMES : 0);
  return {
    door,
    ledger,
    gates,
    approvals,
    notices,
    retries,
    seals,
    summaries,
    histories,
    late,
    strangers,
    facts,
    sweeps,
    setting,
    library,
    reads,
    promisedIds,
    committed: (changes) => {
      ledger.committed(changes);
      const rounds = roundsIn(changes);
      sweeps.committed(changes, rounds);
      targets.committed(changes, rounds);
      recent.committed(changes, rounds);
      gates.committed(changes);
      approvals.committed(changes);
      notices.committed(changes);
      seals.committed(changes);
      summaries.committed(changes);
      histories.committed(changes);
      const budget = changes.find((each) => each.key === RATE_TOKEN_KEY);
      if (budget !== undefined && budget.op !== "delete") {
        door.paused(isPaused(budget.body) ? nowMs() : null);
        lockouts.locked(isLocked(budget.body), nowMs());
        late.noted(budget.body);
        library.noted(budget.body);
      }
    },
    leaves: (comment, epoch) => {
      door.leaves(comment, nowMs());
      gates.leaves(comment);
      setting.leaves(comment, epoch);
      hours.leaves(comment, nowMs() - startMs);
    },
    refuses: (comment) => {
      verdicts.add(markOf(comment)?.sequenceId ?? "");
    },
    accepted: (sent, runId, sequenceIds) => {
      const known = runs.get(sent) ?? runId;
      if (known !== runId) court.fail("key", `${sent} is run ${known} and run ${runId}`);
      runs.set(sent, runId);
      const sharing = [...runs].find(([other, id]) => other !== sent && id === runId);
      if (sharing !== undefined) court.fail("teams", `${sent} and ${sharing[0]} are run ${runId}`);
      for (const sequenceId of sequenceIds) {
        promisedIds.add(sequenceId);
        const isKept = ledger.records.has(sequenceId) || ledger.planned.has(sequenceId);
        if (!isKept) court.fail("kept", `${sequenceId} is not there`);
      }
    },
    patrol: (actions, healedAtMs) => {
      gates.patrol(healedAtMs);
      const now = nowMs();
      // What no list can show nobody can find.
      const seenFromMs = Math.max(healedAtMs, startMs + blindUntilMs(scenario));
      targets.patrol(seenFromMs);
      for (const [sequenceId, sinceMs] of claimedAt) {
        if (now < Math.max(sinceMs, seenFromMs) + takenOverMs) continue;
        court.fail("takenOver", `${sequenceId} is ${ledger.records.get(sequenceId)?.state}`);
      }
      const listed = actions.filter(({ listedAtMs }) => {
        return now >= Math.max(listedAtMs, seenFromMs) + FOUND_MS;
      });
      const untold = late.untold(listed, now);
      if (untold !== null) court.fail("found", `${untold.comment} is an orphan`);
    },
  };
}

const GOES_ON = new Set(["waiting", "claimed", "unconfirmed", "submitted"]);

function isTerminal({ state }: SequenceRecord): boolean {
  return !GOES_ON.has(state);
}

function promisedIn(scenario: Scenario, record: SequenceRecord, nowMs: number): Promised {
  const { machineId, profile } = record;
  const parts = expectedParts(profile.name) ?? [];
  const lastMs = record.sweep === null ? nowMs + scenario.expiryMs : record.expiresAtMs;
  const expiresAtMs = lastMs + CLOCK_UNCERTAINTY_MS;
  return { machineId, parts, expiresAtMs };
}

function checkHonest(
  court: Court,
  record: SequenceRecord,
  actionOf: (actionId: string) => TenantAction | null,
  nowMs: number,
): void {
  const action = actionOf(record.actionId ?? "");
  const mark = markOf(action?.comment ?? null);
  const own = mark?.sequenceId === record.sequenceId && mark.part === record.part;
  if (action === null || !own) {
    return court.fail(
      "honest",
      `${record.sequenceId} succeeded by ${action?.comment ?? "nothing"}`,
    );
  }
  const done = action.commands.every(
    (command, index) => commandAt(action, command, index, nowMs).status === "Completed",
  );
  if (!done || endOf(action).atMs > nowMs) {
    court.fail("honest", `${record.sequenceId} succeeded before ${action.id} did`);
  }
}

/**
 * Quotas are counted when a call leaves; one held up by a stall says nothing about the counting.
 */
function readsJudge(scenario: Scenario, court: Court, nowMs: () => number): Judge["reads"] {
  const { readsPerMinute, readsPerHour, huntsPerMinute } = scenario.limits;
  const times = new Map<ReadApi, number[]>();
  return {
    leaves: (api, epoch) => {
      const now = nowMs();
      if (epoch.frozenUntilMs > now - STALL_MEMORY_MS) return;
      const left = times.get(api) ?? [];
      left.push(now);
      times.set(api, left);
      const within = (ms: number) => left.filter((atMs) => atMs > now - ms + READ_SLACK_MS).length;
      const minute = within(60_000);
      const hour = within(3_600_000);
      const perMinute = api === "hunt" ? huntsPerMinute : readsPerMinute;
      if (minute > perMinute || hour > readsPerHour) {
        court.fail("reads", `${minute} ${api} calls in a minute, ${hour} in an hour`);
      }
    },
  };
}

/** How long after the start no list is given, in the end. */
export function blindUntilMs({ bars }: Scenario): number {
  const blind = bars.filter(({ call }) => call !== "submit");
  return Math.max(0, ...blind.map(({ untilMs }) => untilMs ?? Infinity));
}

/** True if it says that POSTs are refused to the app as such. */
function isLocked(budget: unknown): boolean {
  const calls = typeof budget === "object" && budget !== null && "lockouts" in budget;
  return calls && JSON.stringify(budget.lockouts).includes('"submit"');
}

function isPaused(budget: unknown): boolean {
  return typeof budget === "object" && budget !== null && "paused" in budget && !!budget.paused;
}

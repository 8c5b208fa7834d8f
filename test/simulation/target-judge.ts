import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { msOf } from "../../shared/sweep/duration.ts";
import { isRerunning } from "../../shared/sweep/rerun.ts";
import type { RoundRecord } from "../../shared/sweep/round.ts";
import { BAD_QUERIES } from "./hunting.ts";
import type { Court } from "./invariants.ts";
import type { RecentJudge } from "./recent-judge.ts";
import { START_MS, type Scenario, type ScenarioMachine } from "./scenario.ts";

/** Whether rounds have the machines that they ask for: all of them, once, and no others. */
export interface TargetJudge {
  moved(before: SequenceRecord | null, after: SequenceRecord): void;
  committed(changes: readonly RowChange[], rounds: readonly RoundRecord[]): void;
  /** A query was asked: the machines that a whole answer named, or null. */
  hunted(named: readonly string[] | null): void;
  /** Looks whether rounds list as often as they should, once Defender answers as it should. */
  patrol(seenFromMs: number): void;
}

/** What is known of a round. */
interface Seen {
  readonly round: RoundRecord;
  /** The machines that are or were in it. */
  readonly machines: Set<string>;
  /** When its present listing began. */
  readonly beganAtMs: number;
  /** Since when nobody has paused it or asked its failures again. */
  readonly freeSinceMs: number;
  /** The answers to queries since its listing began. */
  readonly answers: (readonly string[])[];
}

const TARGET = /^(?<kind>target|held)!(?<name>[^!]+)!(?<number>\d+)!(?<machineId>[^!]+)$/u;
/** Looks that a round may need: one finds that a listing is due, others may lose a race. */
const LOOKS = 4;
const LISTING_MS = 60_000;
/** The longest that a host stands still. */
const STALL_MS = 660_000;
/** Bounds of the service's clock are this far apart at most. */
const CLOCKS_MS = 3_000;
/** Where lists can be paid for; elsewhere the drains may use up what a minute allows. */
const READS_PER_MINUTE = 100;
const READS_PER_HOUR = 1_500;

export function createTargetJudge(
  court: Court,
  scenario: Scenario,
  recent: RecentJudge,
  nowMs: () => number,
): TargetJudge {
  const { machines, sweeps, tenant, rates } = scenario;
  const rounds = new Map<string, Seen>();
  const note = (round: RoundRecord): void => {
    const key = keyOf(round.name, round.number);
    const seen = rounds.get(key);
    const isNew = seen?.round.listings !== round.listings;
    const isFree = isSending(round) && seen?.round.reruns === round.reruns;
    const wasFree = seen !== undefined && isSending(seen.round);
    rounds.set(key, {
      round,
      machines: seen?.machines ?? new Set(),
      beganAtMs: isNew ? nowMs() : (seen?.beganAtMs ?? nowMs()),
      freeSinceMs: isFree && wasFree ? seen.freeSinceMs : nowMs(),
      answers: isNew ? [] : (seen?.answers ?? []),
    });
  };
  const joined = (change: RowChange, all: readonly RowChange[]): void => {
    const { kind, name = "", number, machineId = "" } = TARGET.exec(change.key)?.groups ?? {};
    const seen = rounds.get(keyOf(name, Number(number)));
    if (kind === undefined || change.op === "delete" || seen === undefined) return;
    const of = `${machineId} in ${keyOf(name, Number(number))}`;
    const isHeldNoMore = all.some(
      ({ op, key }) => op === "delete" && key === change.key.replace("target!", "held!"),
    );
    const isAgain = all.some(({ key }) => key === `swept!${name}!${machineId}`);
    if (isHeldNoMore || isAgain) return;
    if (seen.machines.has(machineId)) court.fail("joins", `${of} is a target twice`);
    seen.machines.add(machineId);
    const { query } = seen.round.definition.targets;
    if (query === undefined || seen.answers.some((each) => each.includes(machineId))) return;
    court.fail("named", `${of} is a target that the query has not named`);
  };
  /** True if Defender lists it, and nothing that happens elsewhere leaves it out. */
  const mustHave = ({ round, beganAtMs, answers }: Seen, machine: ScenarioMachine): boolean => {
    const { name, number, definition } = round;
    const { notCollectedWithin, query } = definition.targets;
    const { machineId, listedFromMs = 0, goneAtMs } = machine;
    if (beganAtMs < START_MS + listedFromMs || (goneAtMs ?? Infinity) < Infinity) return false;
    if (query !== undefined && !answers.every((each) => each.includes(machineId))) return false;
    const isOfLater = [...rounds.values()].some(
      ({ round: other, machines: its }) =>
        other.name === name && other.number > number && its.has(machineId),
    );
    if (isOfLater || notCollectedWithin === undefined) return !isOfLater;
    const sinceMs = beganAtMs - msOf(notCollectedWithin) - CLOCKS_MS;
    return !recent.isReachedSince(name, machineId, sinceMs);
  };
  const judgeListing = (seen: Seen): void => {
    const { round, answers, beganAtMs } = seen;
    const key = keyOf(round.name, round.number);
    if (round.definition.targets.query !== undefined && answers.length === 0) {
      court.fail("named", `${key} has listed, and nobody has answered its query`);
    }
    // One that goes moves the others from one page to the one before.
    const hasMoved = machines.some(({ goneAtMs }) => {
      const atMs = START_MS + (goneAtMs ?? Infinity);
      return atMs > beganAtMs && atMs <= nowMs();
    });
    if (hasMoved || round.definition.limit !== null || round.rerun?.alone === true) return;
    const missed = machines.find(
      (each) => mustHave(seen, each) && !seen.machines.has(each.machineId),
    );
    if (missed !== undefined) court.fail("joins", `${key} has listed without ${missed.machineId}`);
  };
  return {
    moved: (before, { sweep, machineId, sequenceId }) => {
      if (before !== null || sweep === null) return;
      if (rounds.get(keyOf(sweep.name, sweep.round))?.machines.has(machineId) === true) return;
      court.fail("named", `${sequenceId} is for ${machineId}, which is no target of its round`);
    },
    committed: (changes, written) => {
      const before = written.map(({ name, number }) => rounds.get(keyOf(name, number)) ?? null);
      for (const round of written) note(round);
      for (const change of changes) joined(change, changes);
      for (const [at, round] of written.entries()) {
        const seen = rounds.get(keyOf(round.name, round.number));
        const isComplete = round.state === "running" && round.listing === null;
        if (seen !== undefined && isComplete && (before[at]?.round.listing ?? null) !== null) {
          judgeListing(seen);
        }
      }
    },
    hunted: (named) => {
      if (named === null) return;
      for (const { answers } of rounds.values()) answers.push(named);
    },
    patrol: (seenFromMs) => {
      const isPaid =
        tenant.readsPerMinute >= READS_PER_MINUTE && tenant.readsPerHour >= READS_PER_HOUR;
      if (sweeps === null || !isPaid) return;
      const [, silentMs] = sweeps.hunting?.span ?? [0, 0];
      const thawedMs = seenFromMs + (rates.stall > 0 ? STALL_MS : 0);
      const withinMs = LOOKS * sweeps.tickEveryMs + LISTING_MS;
      for (const [key, { round, beganAtMs, freeSinceMs }] of rounds) {
        const { listing, listedAtMs, definition, counts } = round;
        if (!isSending(round) || BAD_QUERIES.includes(definition.targets.query ?? "")) continue;
        const isOver = counts.waiting + counts.held + counts.inHand + counts.sent === 0;
        if (listing === null && (isOver || sweeps.listedEveryMs === null)) continue;
        const dueAtMs =
          listing === null ? (listedAtMs ?? 0) + (sweeps.listedEveryMs ?? 0) : beganAtMs;
        const fromMs = Math.max(dueAtMs, freeSinceMs, thawedMs, START_MS + silentMs);
        if (nowMs() <= fromMs + withinMs) continue;
        court.fail("joins", `${key} has not listed for ${Math.round(nowMs() - fromMs)} ms`);
      }
    },
  };
}

/** True if it sends and lists, for nobody has paused it. */
function isSending(round: RoundRecord): boolean {
  return round.state === "running" && round.paused === null && !isRerunning(round);
}

function keyOf(name: string, number: number): string {
  return `${name} ${number}`;
}

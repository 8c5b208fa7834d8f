import { READY } from "../ledger/keys.ts";
import type { MachineAction } from "../ledger/machine-action.ts";
import { machineSchema, type MachineLease, type Stored } from "../ledger/rows.ts";
import { holdsSession } from "../ledger/sequence.ts";
import { sameTag, tagIn } from "../ledger/tag.ts";
import { lowerSessions } from "../limits/admit.ts";
import { freeSessions, type Budget } from "../limits/budget.ts";
import { isAnswerOverdue, isNews, judge, type OpenFacts } from "../limits/judge.ts";
import type { Limits } from "../limits/limits.ts";
import { usualPickupMs } from "../limits/patience.ts";
import { factsOf, type Session } from "../limits/session.ts";
import { carryOut, type CarryPorts } from "./carry-out.ts";
import { countOldForeign, withOldForeign, withSightings } from "./sightings.ts";
import { commitHolding, type HeldBudget } from "./held-budget.ts";
import { loadSequence } from "./load.ts";
import { moveTogether, type Moving } from "./move-together.ts";
import { rowsWithin, type OpenWork } from "./open-work.ts";
import { settleOrphans } from "./settle-orphans.ts";
import { takeTurn, tookTurn } from "./take-turn.ts";

export interface LookReport {
  /** True if Defender was asked for its list. */
  readonly listed: boolean;
  /** Sequences whose record changed. */
  readonly moved: number;
  /** In how many milliseconds the next look is due, if nothing happens till then; 0 if unknown. */
  readonly restMs: number;
}

const NOTHING: LookReport = { listed: false, moved: 0, restMs: 0 };
/**
 * The list is asked for from this long before our oldest open claim: Defender dates actions by its
 * own clock (seen 0.8 s early).
 */
const LIST_MARGIN_MS = 120_000;
/** Foreign sessions of the last hour are counted, even when ours are all younger. */
const FOREIGN_SPAN_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Looks may use half of the list budget; the rest is for people and for recovery. */
const LOOK_SHARE = 0.5;

/**
 * One list call, whatever the number of open sequences; then those for which it is news are judged.
 * What Defender cannot tell now is asked again next time, and changes nothing.
 */
export async function lookAtActions(
  ports: CarryPorts,
  limits: Limits,
  open: OpenWork,
  held: HeldBudget,
  pollerId: string,
): Promise<LookReport> {
  const { sessions } = held.stored.value;
  const nowMs = ports.clock.earliest();
  const asking = sessions.filter((each) => hasToBeAskedFor(each, nowMs, limits));
  // With no session of ours, foreign ones can still fill the tenant: then only a look tells when
  // they are gone.
  const full = freeSessions(held.stored.value, nowMs, limits) === 0;
  if (asking.length === 0 && !full) return NOTHING;
  const othersWait = (await rowsWithin(ports.ledger, open, READY, 1)).length > 0;
  if (asking.length === 0 && !othersWait) return NOTHING;
  const binds = othersWait && areScarce(held.stored.value, nowMs, limits);
  const intervalMs = lookIntervalMs(asking, binds, nowMs, limits);
  const beforeMs = held.stored.value.polledAtMs;
  const turn = { pollerId, nowMs, intervalMs };
  if (!(await takeTurn(ports, held, turn))) {
    return { ...NOTHING, restMs: Math.max(0, beforeMs + intervalMs - nowMs) };
  }

  const sinceMs = Math.min(oldestClaimMs(asking, nowMs) - LIST_MARGIN_MS, nowMs - FOREIGN_SPAN_MS);
  const span = { sinceMs, beforeMs, nowMs };
  const old = await countOldForeign(ports, limits, span, held.stored.value);
  if (old !== null && binds) {
    // One list call a poll: this time it is spent, and the next look is soon.
    await commitHolding(ports, held, (budget) => tookTurn(withOldForeign(budget, old), turn));
    return { listed: true, moved: 0, restMs: intervalMs };
  }
  const reply = await ports.defender.listActions(sinceMs);
  if (reply.kind !== "answered") {
    ports.log("warn", "listFailed", { came: reply.kind });
    await commitHolding(ports, held, (budget) => tookTurn(budget, turn));
    return { listed: true, moved: 0, restMs: intervalMs };
  }
  const actions = reply.value;
  const noted = (budget: Budget) =>
    withSightings(tookTurn(budget, turn), actions, { old, nowMs }, limits);
  const { paused, pickups } = held.stored.value;
  const pickupMs = binds && paused === null ? usualPickupMs(pickups) : null;
  const leases = leasesIn(open);
  const carrying = { ports, limits, held, noted };
  const moves: Moving[] = [];
  let moved = await settleOrphans(ports, limits, actions, held);
  for (const session of sessions) {
    const facts = factsOf(session);
    const action = facts === null ? null : actionOf(facts, actions);
    const look = { action, nowMs, othersWait, pickupMs };
    if (facts !== null && !isNews(facts, look, limits)) continue;
    const before = await loadSequence(ports.ledger, session.sequenceId);
    if (before === null || !holdsSession(before.value)) continue;
    // The record may be newer than its session was when the list was asked for: what is judged is
    // the action of the record as it stands.
    const own = { ...look, action: actionOf(before.value, actions) };
    const judgement = judge(before.value, own, limits);
    const lease = leases.get(session.machineId) ?? null;
    if (judgement.kind === "move") {
      moves.push({ open: { before, lease }, after: judgement.after });
    } else if (await carryOut(carrying, { before, lease }, judgement)) moved += 1;
  }
  moved += await moveTogether(carrying, moves);
  // What was seen goes along with the first move; where nothing moved, it goes alone.
  await commitHolding(ports, held, noted);
  return { listed: true, moved, restMs: intervalMs };
}

/** Sessions bind, or will before half a window is over: so many calls could take the free ones. */
function areScarce(budget: Budget, nowMs: number, limits: Limits): boolean {
  return lowerSessions(budget, nowMs, limits) <= limits.callsPerWindow / 2;
}

/** A claim whose answer may still come needs no look. */
function hasToBeAskedFor({ glance }: Session, nowMs: number, limits: Limits): boolean {
  return glance?.state !== "claimed" || isAnswerOverdue(glance, nowMs, limits);
}

function oldestClaimMs(sessions: readonly Session[], nowMs: number): number {
  return Math.min(nowMs, ...sessions.map(({ glance }) => glance?.claimedAtMs ?? nowMs));
}

/**
 * Sooner while sessions bind and work waits; slower when all that is open waits for offline
 * machines.
 */
function lookIntervalMs(
  sessions: readonly Session[],
  binds: boolean,
  nowMs: number,
  limits: Limits,
): number {
  const leastMs = Math.max(
    HOUR_MS / (limits.readsPerHour * LOOK_SHARE),
    MINUTE_MS / (limits.readsPerMinute * LOOK_SHARE),
  );
  if (binds) return Math.max(leastMs, limits.pollMs / 3);
  const patient = sessions.every(
    ({ glance, seen }) =>
      seen?.[0] === "Pending" &&
      glance?.cancel === null &&
      nowMs - (glance.submittedAtMs ?? nowMs) > limits.patienceMs,
  );
  return Math.max(leastMs, patient ? limits.pollMs * 4 : limits.pollMs);
}

/** By its id; or, while the answer to its POST is lost, by its tag. */
function actionOf(facts: OpenFacts, actions: readonly MachineAction[]): MachineAction | null {
  const found =
    facts.actionId === null
      ? actions.find((each) => isTagged(each, facts))
      : actions.find((each) => each.id === facts.actionId);
  return found ?? null;
}

function isTagged(action: MachineAction, facts: OpenFacts): boolean {
  return sameTag(tagIn(action.comment), facts);
}

/** The leases that were read with the open work, by machine. */
function leasesIn({ rows }: OpenWork): ReadonlyMap<string, Stored<MachineLease>> {
  const leases = rows.filter((row) => row.key.startsWith(MACHINE_PREFIX));
  return new Map(
    leases.map((row) => [
      row.key.slice(MACHINE_PREFIX.length),
      { value: machineSchema.parse(row.body), etag: row.etag },
    ]),
  );
}

const MACHINE_PREFIX = "machine!";

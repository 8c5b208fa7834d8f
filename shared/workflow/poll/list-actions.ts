import { READY } from "../../ledger/row/keys.ts";
import type { MachineAction } from "../../ledger/sequence/machine-action.ts";
import { lowerSessions } from "../../limits/pace/admit.ts";
import { freeSessions, type Budget } from "../../limits/pace/budget.ts";
import { isAnswerOverdue } from "../../limits/judge/judge.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { listIntervalMs } from "../../limits/pace/list-interval.ts";
import { listLagMs } from "../../limits/pace/list-lag.ts";
import { letIn, lockedOutBy, lockoutOf } from "../../limits/pace/lockout.ts";
import { lookedFor, type LostPost } from "../../limits/pace/lost-posts.ts";
import { usualPickupMs } from "../../limits/pace/patience.ts";
import type { Session } from "../../limits/pace/session.ts";
import type { ApplyPorts } from "./apply-judgement.ts";
import { countOldForeign, withOldForeign, withSightings } from "./sightings.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { loadBudget } from "../../store/load.ts";
import { judgeListed } from "./judge-listed.ts";
import { logLockouts, noteRefusal, noToken, refusalIn } from "../../store/note-lockout.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { spendRead } from "../../store/spend-read.ts";
import { settleOrphans } from "./orphan-actions.ts";
import { takePollerLease, withPollerLease, type PollerLease } from "./poller-lease.ts";

export interface ListReport {
  /** True if Defender was asked for its list. */
  readonly listed: boolean;
  /** Sequences whose record changed. */
  readonly moved: number;
  /** In how many milliseconds the next list is due, if nothing happens before; 0 if unknown. */
  readonly restMs: number;
}

const NOTHING: ListReport = { listed: false, moved: 0, restMs: 0 };
/**
 * The list begins this long before our oldest open claim, because Defender dates actions by its own
 * clock (seen 0.8 s early).
 */
const LIST_MARGIN_MS = 120_000;
/** Sessions of others are counted over the last hour, even if all of ours are younger. */
const FOREIGN_SPAN_MS = 3_600_000;
/**
 * A poll this late, in usual intervals, is missed: the watch of a drain has ended, or its process.
 */
const LATE = 0.2;
/** Further pages of a list are paid from what polls leave of the list budget. */
const PAGES_SHARE = 0.4;

/** What is outstanding, and which process polls. */
interface ListInput {
  readonly outstanding: Outstanding;
  readonly pollerId: string;
}

/**
 * Makes one list call for any number of open sequences, then judges those for which it is news. If
 * Defender gives no list now, nothing changes, and the next poll asks again.
 */
export async function listAndJudge(
  ports: ApplyPorts,
  limits: Limits,
  { outstanding, pollerId }: ListInput,
): Promise<ListReport> {
  const { value: before } = await loadBudget(ports.ledger);
  const nowMs = ports.clock.earliest();
  // The poll's probe of this call was refused just now, or is not due.
  if (lockoutOf(before, "token") !== null) return NOTHING;
  const need = await needForList(ports, limits, { outstanding, before, nowMs });
  if (need === null) return NOTHING;
  const asking = { ...need, sessions: need.asking, pages: before.listPages ?? 1, nowMs };
  const intervalMs = listIntervalMs(asking, limits);
  const lease = { pollerId, nowMs, intervalMs, lateMs: limits.pollMs * LATE };
  const token = await ports.defender.prepare();
  if (token.kind !== "answered") {
    await noteRefusal(ports, limits, noToken(token, ports.clock.latest()));
    return NOTHING;
  }
  if (!(await takePollerLease(ports, lease))) {
    return { ...NOTHING, restMs: Math.max(0, before.polledAtMs + intervalMs - nowMs) };
  }
  const sinceMs = sinceOf([...need.asking, ...lookedFor(before.lost, nowMs)], nowMs);
  const shown = await askForList(ports, limits, { ...need, before, sinceMs, lease });
  if (shown === null) return { listed: true, moved: 0, restMs: intervalMs };

  const { actions, old, pages } = shown;
  const noted = (budget: Budget) =>
    withSightings(listed(budget, lease, pages), actions, { old, nowMs }, limits);
  const isBrief = need.binds && before.paused === null;
  const pickupMs = isBrief ? usualPickupMs(before.pickups) : null;
  const lagMs = listLagMs(noted(before), nowMs);
  const { requestors } = noted(before);
  const listing = { nowMs, requestors, othersWait: need.othersWait, pickupMs, lagMs };
  const context = { ports, limits, requestors, noted };
  const orphans = await settleOrphans(ports, limits, actions);
  const moved = await judgeListed(context, outstanding, {
    sessions: before.sessions,
    actions,
    listing,
  });
  // The first move writes what was seen, too. If nothing moved, it is written alone.
  const current = await changeBudgetAlone(ports, noted);
  if (current !== null) logLockouts(ports.log, before, current.after);
  return { listed: true, moved: orphans + moved, restMs: intervalMs };
}

/**
 * Why the list is asked for: for which sessions, and whether others wait for one of them to end.
 */
interface Need {
  readonly asking: readonly Session[];
  readonly othersWait: boolean;
  /** True if sequences wait for sessions. */
  readonly binds: boolean;
}

async function needForList(
  { ledger }: Pick<ApplyPorts, "ledger">,
  limits: Limits,
  {
    outstanding,
    before: budget,
    nowMs,
  }: { outstanding: Outstanding; before: Budget; nowMs: number },
): Promise<Need | null> {
  const refused = lockoutOf(budget, "list");
  if (refused !== null && nowMs < refused.nextAtMs) return null;
  const asking = budget.sessions.filter((each) => hasToBeAskedFor(each, nowMs, limits));
  // If no session is ours, those of others can still take all of the tenant. Then only a list shows
  // when they have ended.
  const full = freeSessions(budget, nowMs, limits) === 0;
  const asks = refused !== null || asking.length > 0 || lookedFor(budget.lost, nowMs).length > 0;
  if (!asks && !full) return null;
  const othersWait = (await rowsWithin(ledger, outstanding, READY, 1)).length > 0;
  if (!asks && !othersWait) return null;
  return { asking, othersWait, binds: othersWait && areScarce(budget, nowMs, limits) };
}

interface Asking {
  readonly binds: boolean;
  readonly before: Budget;
  readonly sinceMs: number;
  readonly lease: PollerLease;
}

interface Shown {
  readonly actions: readonly MachineAction[];
  /** Sessions of others that are older than the list, if they were counted. */
  readonly old: number | null;
  readonly pages: number;
}

/** What Defender lists; null if it gives no list, or if this poll used its list call to count. */
async function askForList(
  ports: ApplyPorts,
  limits: Limits,
  { binds, before, sinceMs, lease }: Asking,
): Promise<Shown | null> {
  const span = { sinceMs, beforeMs: before.polledAtMs, nowMs: lease.nowMs };
  const { value: budget } = await loadBudget(ports.ledger);
  const old = await countOldForeign(ports, limits, span, budget);
  if (old !== null && binds) {
    // A poll makes one list call. This one was used to count, and the next list comes soon.
    await changeBudgetAlone(ports, (current) =>
      withPollerLease(withOldForeign(current, old), lease),
    );
    return null;
  }
  let pages = 1;
  const payPage = async (): Promise<boolean> => {
    pages += 1;
    return await spendRead(ports, limits, "list", { share: PAGES_SHARE });
  };
  const reply = await ports.defender.listActions(sinceMs, payPage);
  if (reply.kind === "answered") return { actions: reply.value, old, pages };
  const refusal = refusalIn("list", reply, ports.clock.latest());
  const httpStatus = refusal?.httpStatus ?? null;
  const detail = "detail" in reply ? reply.detail : null;
  ports.log("warn", "listFailed", { came: reply.kind, httpStatus, detail });
  const noted = await changeBudgetAlone(ports, (current) => {
    const took = {
      ...withPollerLease(current, lease),
      listPages: Math.max(pages, current.listPages ?? 1),
    };
    return refusal === null ? took : lockedOutBy(took, refusal, limits);
  });
  if (noted !== null) logLockouts(ports.log, before, noted.after);
  return null;
}

/** The budget with the lease, and with the time at which Defender gave its list. */
function listed(budget: Budget, lease: PollerLease, listPages: number): Budget {
  const { nowMs } = lease;
  const took = letIn(withPollerLease(budget, lease), "list", nowMs);
  return took.listedAtMs >= nowMs ? took : { ...took, listedAtMs: nowMs, listPages };
}

/** The list goes back beyond the oldest claim that it is needed for. */
function sinceOf(asking: readonly (Session | LostPost)[], nowMs: number): number {
  return Math.min(oldestClaimMs(asking, nowMs) - LIST_MARGIN_MS, nowMs - FOREIGN_SPAN_MS);
}

/**
 * Sessions are scarce, or will be within half a window: that many calls could take the free ones.
 */
function areScarce(budget: Budget, nowMs: number, limits: Limits): boolean {
  return lowerSessions(budget, nowMs, limits) <= limits.callsPerWindow / 2;
}

/** A claim whose answer may still come needs no list. */
function hasToBeAskedFor({ glance }: Session, nowMs: number, limits: Limits): boolean {
  return glance?.state !== "claimed" || isAnswerOverdue(glance, nowMs, limits);
}

function oldestClaimMs(asking: readonly (Session | LostPost)[], nowMs: number): number {
  const claims = asking.map((each) =>
    "claimedAtMs" in each ? each.claimedAtMs : (each.glance?.claimedAtMs ?? nowMs),
  );
  return Math.min(nowMs, ...claims);
}

import type { DrainBell } from "../../ledger/outbox/message.ts";
import { admit, nextDispatchMs } from "../../limits/pace/admit.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";
import { isAging } from "../../limits/library/note.ts";
import { claimNext, DRIVER_PROMISE_MS, type Claimant, type Lacking } from "./claim.ts";
import { listLibrary } from "../../store/list-library.ts";
import { loadBudget } from "../../store/load.ts";
import { noteRefusal, noToken } from "../../store/note-lockout.ts";
import { remembering } from "../../store/remembering.ts";
import { ringForReady, stopDriving } from "../../store/ring.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { Judging } from "./lacks-facts.ts";
import { createLearn, type PlatformsOf } from "./learn-facts.ts";
import { createOverdueFinder } from "./longest-waiting.ts";
import { submitClaimed } from "./post.ts";
import { unfold } from "../../store/unfold.ts";

export type DrainPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

/** `scope` may differ from the one of when sequences were accepted. */
export interface DrainSettings extends Judging {
  readonly limits: Limits;
  /** How long one invocation may wait between slots; with 0 a bell ends each wait. */
  readonly lingerMs: number;
  readonly platformsOf: PlatformsOf;
  /**
   * Begun with a claim while nobody polls, and waited for at the end: the timer may tick only a
   * minute later.
   */
  readonly watch: (ports: DrainPorts) => Promise<unknown>;
}

export interface DrainReport {
  /** POSTs that Defender accepted. */
  readonly submitted: number;
  /** What ended the drain. */
  readonly ended:
    | "nothing"
    | "full"
    | "unwatched"
    | "paused"
    | "driven"
    | "contended"
    | "wait"
    | "lockedOut"
    /** The budget cannot be read; a version that can read it goes on. */
    | "setAside";
}

/** Claims in one drain: as many as lingering 240 s at ten a minute can need, many times over. */
const CLAIMS_MAX = 1_000;
/** A driver stays only for waits well within its promise; for longer ones a bell is cheaper. */
const SIT_OUT_MS = DRIVER_PROMISE_MS - 5_000;
/** After these ends somebody may have relied on this drain, or nobody has promised to come back. */
const RINGS_ONCE_MORE: ReadonlySet<DrainReport["ended"]> = new Set([
  "wait",
  "contended",
  "lockedOut",
]);
/** Sleeps in one wait; the second is of a few milliseconds. */
const SLEEPS_MAX = 5;

type Bell = Pick<DrainBell, "why" | "runId" | "urgent">;

/**
 * Submits the best ready sequences, as many as the tenant's limits allow, for any message, and
 * watches what it has submitted. Throws only if storage is out of reach.
 */
export async function drain(
  ports: DrainPorts,
  settings: DrainSettings,
  bell: Bell,
): Promise<DrainReport> {
  const watching: { over: Promise<unknown> | null } = { over: null };
  const watch = (): void => {
    watching.over ??= settings.watch(ports);
    // What it throws is thrown below, when it is waited for.
    watching.over.catch(() => undefined);
  };
  const report = await drainReady(ports, { ...settings, watch }, bell);
  await watching.over;
  return report;
}

interface Draining extends Omit<DrainSettings, "watch"> {
  /** Begins the watch, if it has not begun. */
  readonly watch: () => void;
}

/**
 * If the message says that a run was planned, the sequences of the run get their own rows first. It
 * never throws to wait for work: either this invocation goes on as the driver within its bound, or
 * it rings one bell for the time of the next slot.
 */
async function drainReady(
  outside: DrainPorts,
  settings: Draining,
  { why, runId, urgent }: Bell,
): Promise<DrainReport> {
  const ports = { ...outside, ledger: remembering(outside.ledger) };
  // First, accepted sequences get their own rows, even if another drain is the driver, and even
  // during a pause.
  if (why === "planned" && runId !== null) await unfold(ports, runId);
  const begunAtMs = ports.clock.monotonicMs();
  const claimant = {
    hostId: ports.random.id(),
    lingers: settings.lingerMs > 0,
    urgent,
    scope: settings.scope,
    factsAgeMs: settings.factsAgeMs,
    library: settings.library,
    findOverdue: createOverdueFinder(ports, settings.limits),
    passedOver: new Set<string>(),
  };
  const leftMs = () => settings.lingerMs - (ports.clock.monotonicMs() - begunAtMs);
  const dispatched = await unlessSetAside(ports, null, () =>
    dispatch(ports, settings, claimant, leftMs),
  );
  if (dispatched === null) return { submitted: 0, ended: "setAside" };
  const { drove, ...report } = dispatched;
  const { hostId } = claimant;
  // The bell replaces the driver's promise. If no bell is rung, only the promise is taken back.
  const rang =
    drove && (await ringForReady(ports, settings.limits, { why: "due", leaving: hostId }));
  // If nobody can read the budget by now, the promise ends by itself.
  if (drove && !rang) await unlessSetAside(ports, null, () => stopDriving(ports, hostId));
  // A drain that came while this driver was ending saw its promise and ended, too. So this one
  // rings once more.
  if (!rang && (drove || RINGS_ONCE_MORE.has(report.ended))) {
    await ringForReady(ports, settings.limits, { why: "due" });
  }
  ports.log("info", "drained", { submitted: report.submitted, ended: report.ended });
  return report;
}

async function dispatch(
  ports: DrainPorts,
  { limits, watch, platformsOf }: Draining,
  claimant: Claimant,
  leftMs: () => number,
): Promise<DrainReport & { drove: boolean }> {
  let submitted = 0;
  let drove = false;
  let hasClaimed = false;
  const ask = askingFor(ports, { ...claimant, limits, platformsOf });
  for (let claims = 0; claims < CLAIMS_MAX; claims += 1) {
    // The token comes before the claim, so that nothing slow is between a claim and its POST.
    if (!(await hasToken(ports, limits))) return { submitted, drove, ended: "lockedOut" };
    const claimed = await claimNext(ports, limits, claimant);
    if (claimed.kind === "lacking") {
      if (await ask(claimed.lacking)) continue;
      return { submitted, drove, ended: "nothing" };
    }
    let untilMs: number | null;
    let ended: DrainReport["ended"] = "wait";
    if (claimed.kind === "claimed") {
      // Only with its first claim: later the timer has ticked, and the host ends what takes long.
      if (!hasClaimed && (await nobodyPolls(ports, limits))) watch();
      hasClaimed = true;
      drove ||= claimed.drives;
      const came = await submitClaimed(ports, limits, claimed);
      submitted += came.accepted;
      if (came.lockedOut) return { submitted, drove, ended: "lockedOut" };
      await ask(claimed.lacking);
      if (!claimed.more && came.settled) return { submitted, drove, ended: "nothing" };
      const { value: budget } = await loadBudget(ports.ledger);
      untilMs = nextDispatchAfter(budget, ports.clock.earliest(), limits);
      if (untilMs === null) continue;
    } else {
      ended = claimed.kind;
      // The bell for a probe comes early, like any other, so the drain waits for its time as well.
      untilMs = "untilMs" in claimed ? claimed.untilMs : null;
      if (untilMs === null) return { submitted, drove, ended };
    }
    const waitMs = untilMs - ports.clock.earliest();
    const sitsOut = claimant.lingers && waitMs <= Math.min(SIT_OUT_MS, leftMs());
    if (!sitsOut) return { submitted, drove, ended };
    await sitOut(ports.clock, untilMs);
  }
  return { submitted, drove, ended: "wait" };
}

/** Gets a token, or notes why there is none. */
async function hasToken(ports: DrainPorts, limits: Limits): Promise<boolean> {
  const token = await ports.defender.prepare();
  if (token.kind === "answered") return true;
  // The clock of the ledger is known only after the ledger has answered.
  await loadBudget(ports.ledger);
  await noteRefusal(ports, limits, noToken(token, ports.clock.latest()));
  return false;
}

/** Asks Defender for what the claim lacks; false if the drain has nothing more to do here. */
function askingFor(
  ports: DrainPorts,
  settings: Claimant & Pick<Draining, "limits" | "platformsOf">,
): (lacking: Lacking) => Promise<boolean> {
  const { limits, library } = settings;
  const learn = createLearn(ports, settings);
  return async (lacking) => {
    const mayGoOn = await learn(lacking);
    if (library === null) return mayGoOn;
    const { library: note } = (await loadBudget(ports.ledger)).value;
    const isDue = lacking.unlisted.length > 0 || isAging(note, library, ports.clock.latest());
    if (!isDue) return mayGoOn;
    return (await listLibrary(ports, limits, library)) && mayGoOn;
  };
}

/**
 * While a host sleeps, its knowledge of the service's time gets less exact, so one sleep ends a
 * little early. It sleeps the rest here, because another read would cost a request.
 */
async function sitOut(clock: DrainPorts["clock"], untilMs: number): Promise<void> {
  for (let sleeps = 0; sleeps < SLEEPS_MAX; sleeps += 1) {
    await clock.sleep(Math.max(1, untilMs - clock.earliest()));
    if (clock.earliest() >= untilMs) return;
  }
}

/** True if two usual polls are missing: the timer rests, because nothing was outstanding. */
async function nobodyPolls({ ledger, clock }: DrainPorts, { pollMs }: Limits): Promise<boolean> {
  const { polledAtMs } = (await loadBudget(ledger)).value;
  return clock.earliest() > polledAtMs + 2 * pollMs;
}

/** The budget that was just written says when the next may go, so this needs no read. */
function nextDispatchAfter(budget: Budget, nowMs: number, limits: Limits): number | null {
  const untilMs = nextDispatchMs(admit(budget, nowMs, limits), budget, nowMs);
  return untilMs !== null && untilMs > nowMs ? untilMs : null;
}

import { RUNNING } from "../../ledger/row/keys.ts";
import { SWEEP } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import { summarySchema, type RunSummary } from "../../ledger/run/summary.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { listAll } from "../../store/list-all.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { endsOf, tooManyFailures, type Ends } from "../../sweep/failures.ts";
import { isFailure, listedAnew, REACHED, wordOf, type RoundRecord } from "../../sweep/round.ts";
import { sweepSchema, unstalled, type SweepRecord } from "../../sweep/sweep.ts";
import { acceptInHand, settleInHand } from "./accept-batch.ts";
import { closed, endIfDone, giveUpSome } from "./close-round.ts";
import { cancelSent } from "./cancel-sent.ts";
import { countMachines } from "./count-machines.ts";
import { listMachines } from "./list-machines.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { takeInHand } from "./send-machines.ts";
import { isDue, startDue } from "./start-round.ts";

/** What one look at all sweeps did. */
export interface Advanced {
  readonly started: number;
  readonly open: number;
}

/** So many transactions a closing round may need in one go. Our own bound. */
const GIVEN_UP_PER_TICK = 100;
/** How often a round that is open looks for machines that are new or have reported since. */
const LISTED_EVERY_MS = 3_600_000;

/**
 * Starts the rounds that are due, and goes on with those that are open, one step of each kind. It
 * may stop anywhere and run on several hosts at once: each step is one transaction, decided from
 * the rows that it writes.
 */
export async function advanceSweeps(ports: SweepPorts, settings: SweepSettings): Promise<Advanced> {
  const came = { started: 0, open: 0 };
  const { readable } = sorted(sweepSchema, await listAll(ports.ledger, SWEEP));
  let running: ReadonlyMap<string, RunSummary> | null = null;
  for (const { value } of readable) {
    const { name } = value;
    const started = isDue(value, ports.clock.earliest())
      ? await unlessSetAside(ports, null, () => startDue(ports, settings, name))
      : null;
    if (started !== null) came.started += 1;
    for (const number of started === null ? value.open : [...value.open, started]) {
      running ??= await runningRuns(ports);
      came.open += 1;
      const runs = running;
      await unlessSetAside(ports, null, () =>
        advanceRound(ports, settings, { name, number }, runs),
      );
    }
  }
  return came;
}

/** The runs that are not finished, by their ids. */
async function runningRuns({
  ledger,
}: Pick<SweepPorts, "ledger">): Promise<ReadonlyMap<string, RunSummary>> {
  const { readable } = sorted(summarySchema, await listAll(ledger, RUNNING));
  return new Map(readable.map(({ value }) => [value.runId, value]));
}

async function advanceRound(
  ports: SweepPorts,
  settings: SweepSettings,
  of: { readonly name: string; readonly number: number },
  running: ReadonlyMap<string, RunSummary>,
): Promise<null> {
  const round = await tidied(ports, settings, of, running);
  if (round === null || round.value.state === "ended") return null;
  const after =
    round.value.state === "closing"
      ? await close(ports, settings, round)
      : round.value.paused === null
        ? await send(ports, settings, round, running)
        : round;
  if (after === null) return null;
  const hasCounted = await countMachines(ports, after.value, new Set(running.keys()));
  const last = hasCounted ? await loadRound(ports.ledger, of.name, of.number) : after;
  if (last !== null) await endIfDone(ports, last.value);
  return null;
}

async function close(
  ports: SweepPorts,
  { limits }: SweepSettings,
  { value }: Stored<RoundRecord>,
): Promise<Stored<RoundRecord> | null> {
  await settleInHand(ports, value);
  await cancelSent(ports, limits, value);
  for (let done = 0; done < GIVEN_UP_PER_TICK; done += 1) {
    if (!(await giveUpSome(ports, value))) break;
  }
  return await loadRound(ports.ledger, value.name, value.number);
}

/**
 * The round after it has sent and listed what it can. A listing takes long, so it waits for what is
 * known already; a round that knows no machine lists first.
 */
async function send(
  ports: SweepPorts,
  settings: SweepSettings,
  round: Stored<RoundRecord>,
  running: ReadonlyMap<string, RunSummary>,
): Promise<Stored<RoundRecord> | null> {
  const { name, number } = round.value;
  const again = async () => await loadRound(ports.ledger, name, number);
  let present: Stored<RoundRecord> | null = round;
  // What was in hand before may be in its run already; it goes first.
  if (round.value.inHand.length > 0) {
    await acceptInHand(ports, settings, round);
    present = await again();
  }
  const knowsSome = (present?.value.counts.waiting ?? 0) > 0;
  for (const step of knowsSome ? (["take", "list"] as const) : (["list", "take"] as const)) {
    if (present === null) return null;
    if (step === "take") {
      const took = await takeInHand(ports, settings, present, endsWith(present.value, running));
      if (!took) continue;
      present = await again();
      if (present !== null) await acceptInHand(ports, settings, present);
    } else {
      if (present.value.listing === null) continue;
      await listMachines(ports, settings.limits, present);
    }
    present = await again();
  }
  return present;
}

/** The round after what follows from time, profiles and failures; null if it is gone. */
async function tidied(
  ports: SweepPorts,
  { catalogue }: SweepSettings,
  { name, number }: { readonly name: string; readonly number: number },
  running: ReadonlyMap<string, RunSummary>,
): Promise<Stored<RoundRecord> | null> {
  const first = await loadRound(ports.ledger, name, number);
  const nowMs = ports.clock.earliest();
  const follows = (round: RoundRecord) => whatFollows(round, { catalogue, running, nowMs });
  if (first === null || follows(first.value) === null) return first;
  await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const [round, sweep] = [await loadRound(tx, name, number), await loadSweep(tx, name)];
    const next = round === null ? null : follows(round.value);
    if (round === null || sweep === null || next === null) return;
    changeRound(tx, round, next.round);
    if (next.said === null) return;
    const { event, detail } = next.said;
    const said = { atMs: nowMs, by: null, detail: `round ${number}: ${detail}` };
    changeSweep(tx, sweep, next.said.of(sweep.value), [factOfSweep(event, said)]);
  });
  return await loadRound(ports.ledger, name, number);
}

interface Following {
  readonly round: RoundRecord;
  /** What the log of the sweep says of it, and the sweep after that. */
  readonly said: {
    readonly event: "roundClosed" | "roundPaused";
    readonly detail: string;
    readonly of: (sweep: SweepRecord) => SweepRecord;
  } | null;
}

/** What a running round has become without anybody's doing; null if it is as it was. */
function whatFollows(
  round: RoundRecord,
  { catalogue, running, nowMs }: Pick<SweepSettings, "catalogue"> & Known,
): Following | null {
  if (round.state !== "running") return null;
  if (round.expiresAtMs <= nowMs) {
    const expired = closed(round, { why: "expired", by: null, atMs: nowMs }, null);
    const of = (sweep: SweepRecord) => unstalled(sweep, round.number);
    return { round: expired, said: { event: "roundClosed", detail: "it has expired", of } };
  }
  const why = round.paused === null ? whyPause(round, catalogue, running) : null;
  if (why !== null) {
    const paused = { ...why, atMs: Math.floor(nowMs) };
    const stalled = { round: round.number, ...paused };
    const of = (sweep: SweepRecord) => ({ ...sweep, stalled: [...sweep.stalled, stalled] });
    return { round: { ...round, paused }, said: { event: "roundPaused", detail: why.detail, of } };
  }
  return isListingDue(round, nowMs) ? { round: listedAnew(round), said: null } : null;
}

interface Known {
  readonly running: ReadonlyMap<string, RunSummary>;
  readonly nowMs: number;
}

/** A round that has all its machines behind it lists no more: it ends. */
function isListingDue({ listing, listedAtMs, counts }: RoundRecord, nowMs: number): boolean {
  const isOpen = counts.waiting + counts.held + counts.inHand + counts.sent > 0;
  return listing === null && isOpen && nowMs >= (listedAtMs ?? 0) + LISTED_EVERY_MS;
}

function whyPause(
  round: RoundRecord,
  catalogue: SweepSettings["catalogue"],
  running: ReadonlyMap<string, RunSummary>,
): { readonly code: string; readonly detail: string } | null {
  const changed = round.profiles.find(({ name, hash }) => catalogue.get(name)?.hash !== hash);
  if (changed !== undefined) {
    const detail =
      `The profile ${changed.name} is not what it was when the round began. ` +
      "Stop the round and start another one.";
    return { code: "profileChanged", detail };
  }
  const detail = tooManyFailures(round, endsWith(round, running));
  return detail === null ? null : { code: "failures", detail };
}

/** What has ended so far, with what the runs say that go on. */
function endsWith(
  { name, number: round, counts, uncounted }: RoundRecord,
  running: ReadonlyMap<string, RunSummary>,
): Ends {
  let { ended, failed, succeeded } = endsOf(counts);
  for (const batch of uncounted) {
    const tally = running.get(sweepRunIdOf({ name, round, batch }))?.tally ?? [];
    for (const each of tally.flatMap((one) => one.ended)) {
      const word = wordOf(each);
      ended += each.count;
      if (word === REACHED) succeeded += each.count;
      if (isFailure(word)) failed += each.count;
    }
  }
  return { ended, failed, succeeded };
}

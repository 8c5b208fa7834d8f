import { RUNNING } from "../../ledger/row/keys.ts";
import { SWEEP } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import { summarySchema, type RunSummary } from "../../ledger/run/summary.ts";
import { listAll } from "../../store/list-all.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import { isRerunning } from "../../sweep/rerun.ts";
import { sweepSchema } from "../../sweep/sweep.ts";
import { acceptInHand, settleInHand } from "./accept-batch.ts";
import { endIfDone, giveUpSome } from "./close-round.ts";
import { cancelSent } from "./cancel-sent.ts";
import { countMachines } from "./count-machines.ts";
import { endsWith, followed } from "./follow-round.ts";
import { listMachines } from "./list-machines.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { askMissed } from "./rerun-round.ts";
import { takeInHand } from "./send-machines.ts";
import { isDue, startDue } from "./start-round.ts";

/** What one look at all sweeps did. */
export interface Advanced {
  readonly started: number;
  readonly open: number;
}

/** So many transactions a closing round may need in one go. Our own bound. */
const GIVEN_UP_PER_TICK = 100;

/**
 * Starts the rounds that are due, and goes on with those that are open, one step of each kind. It
 * may stop anywhere and run on several hosts at once: each step is one transaction, decided from
 * the rows that it writes. What goes wrong with one round or sweep keeps no other from going on:
 * each error is logged, and the first is thrown at the end.
 */
export async function advanceSweeps(ports: SweepPorts, settings: SweepSettings): Promise<Advanced> {
  const came = { started: 0, open: 0 };
  const errors: unknown[] = [];
  const trying = async <T>(of: object, step: () => Promise<T>): Promise<T | null> => {
    try {
      return await unlessSetAside(ports, null, step);
    } catch (error) {
      ports.log("error", "sweepFailed", { ...of, error: String(error) });
      errors.push(error);
      return null;
    }
  };
  const { readable } = sorted(sweepSchema, await listAll(ports.ledger, SWEEP));
  let running: ReadonlyMap<string, RunSummary> | null = null;
  for (const { value } of readable) {
    const { name } = value;
    const started = await trying({ name }, async () =>
      isDue(value, ports.clock.earliest()) ? await startDue(ports, settings, name) : null,
    );
    if (started !== null) came.started += 1;
    for (const number of started === null ? value.open : [...value.open, started]) {
      running ??= await runningRuns(ports);
      came.open += 1;
      const runs = running;
      await trying({ name, round: number }, () =>
        advanceRound(ports, settings, { name, number }, runs),
      );
    }
  }
  if (errors.length > 0) throw errors[0];
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
  const round = await followed(ports, settings, of, running);
  if (round === null || round.value.state === "ended") return null;
  if (isRerunning(round.value)) {
    await askMissed(ports, of);
    return null;
  }
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
      await listMachines(ports, settings, present);
    }
    present = await again();
  }
  return present;
}

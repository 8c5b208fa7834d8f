import type { AuditFacts } from "../../evidence/audit.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadSweep } from "../../store/load-sweeps.ts";
import { transact, usual, type Transaction } from "../../store/transact.ts";
import { OPEN_ROUNDS_MAX, type SweepRecord } from "../../sweep/sweep.ts";
import { cancelAtOnce } from "./cancel-sent.ts";
import { undecidedFacts } from "./drop-due.ts";
import type { SweepPorts } from "./ports.ts";
import { closeOpen, startNow, tellStarted } from "./start-round.ts";

type SteerPorts = Pick<SweepPorts, "ledger" | "clock" | "random" | "log">;

/** What came of it: done, or there was nothing of the kind to do. */
export type Steered =
  | { readonly kind: "done"; readonly round: number | null }
  | { readonly kind: "notNow"; readonly detail: string };

/** Who steers which sweep. */
export interface Steering {
  readonly name: string;
  readonly by: string;
}

/**
 * Lets no round start by itself until the sweep is resumed; open rounds go on. What was due and not
 * decided yet is not made up either: the log says so.
 */
export async function pauseSweep(ports: SteerPorts, steering: Steering): Promise<Steered> {
  return await steer(ports, steering, (tx, sweep, nowMs) => {
    if (!sweep.value.paused) {
      const why = "the sweep was paused before a round started";
      const dropped = undecidedFacts(sweep.value, why, { by: steering.by, atMs: nowMs });
      const fact = factOf("sweepPaused", steering, nowMs, "");
      changeSweep(tx, sweep, { ...decided(sweep.value, nowMs), paused: true }, [...dropped, fact]);
    }
    return { kind: "done", round: null };
  });
}

/**
 * Lets rounds start by the schedule. What was due while it was paused is not made up: the log says
 * how often it was due, and from when to when.
 */
export async function resumeSweep(ports: SteerPorts, steering: Steering): Promise<Steered> {
  return await steer(ports, steering, (tx, sweep, nowMs) => {
    if (sweep.value.paused) {
      const dropping = { by: steering.by, atMs: nowMs };
      const dropped = undecidedFacts(sweep.value, "the sweep was paused", dropping);
      const fact = factOf("sweepResumed", steering, nowMs, "");
      changeSweep(tx, sweep, { ...decided(sweep.value, nowMs), paused: false }, [...dropped, fact]);
    }
    return { kind: "done", round: null };
  });
}

/** Starts a round now, whatever the schedule says; refused while one is open, but for `allow`. */
export async function startRound(
  ports: SteerPorts,
  catalogue: Catalogue,
  steering: Steering,
): Promise<Steered> {
  const { name, by } = steering;
  const steered = await steer(ports, steering, (tx, sweep, nowMs) => {
    const { open, definition } = sweep.value;
    const [first] = open;
    if (first !== undefined && definition.overlap !== "allow") {
      const detail = `Round ${first} is open: stop it first, or let the sweep's overlap be "allow".`;
      return { kind: "notNow", detail };
    }
    if (open.length >= OPEN_ROUNDS_MAX) {
      const detail = `${open.length} rounds are open, and no more may be: stop some first.`;
      return { kind: "notNow", detail };
    }
    const round = startNow(tx, sweep, { catalogue, by, nowMs });
    return { kind: "done", round };
  });
  const number = steered.kind === "done" ? steered.round : null;
  if (number !== null) tellStarted(ports, { name, number, by });
  return steered;
}

/**
 * Forgets the definition. Rounds that are open are stopped: after this, nothing of them begins on a
 * machine. What was collected stays. An older version has let more rounds be open than one
 * transaction closes: then some are closed before.
 */
export async function deleteSweep(
  ports: SteerPorts & Pick<SweepPorts, "bells">,
  limits: Limits,
  steering: Steering,
): Promise<Steered> {
  const { name } = steering;
  for (;;) {
    const came = await deleteOrClose(ports, steering);
    if (came.kind === "closedSome") continue;
    const open =
      came.kind === "done" ? ((await loadSweep(ports.ledger, name))?.value.open ?? []) : [];
    for (const number of open) await cancelAtOnce(ports, limits, { name, number });
    return came;
  }
}

async function deleteOrClose(
  ports: SteerPorts,
  steering: Steering,
): Promise<Steered | { readonly kind: "closedSome" }> {
  return await steer(ports, steering, async (tx, sweep, nowMs) => {
    const closing = { why: "stopped", by: steering.by, atMs: nowMs } as const;
    const facts = await closeOpen(tx, sweep.value, closing);
    if (facts.length === OPEN_ROUNDS_MAX) {
      changeSweep(tx, sweep, sweep.value, facts);
      return { kind: "closedSome" };
    }
    const why = "the sweep was deleted before a round started";
    const dropping = { by: steering.by, atMs: nowMs };
    const dropped = sweep.value.paused ? [] : undecidedFacts(sweep.value, why, dropping);
    const fact = factOf("sweepDeleted", steering, nowMs, "");
    const after = { ...sweep.value, deleted: true, paused: true };
    changeSweep(tx, sweep, after, [...facts, ...dropped, fact]);
    return { kind: "done", round: null };
  });
}

/** Every due time until now is decided; and what a clock that was ahead has decided stays so. */
function decided(sweep: SweepRecord, nowMs: number): SweepRecord {
  return { ...sweep, decidedAtMs: Math.max(sweep.decidedAtMs, Math.floor(nowMs)) };
}

type Step<T> = (
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  nowMs: number,
) => Promise<Steered | T> | Steered | T;

async function steer<T = never>(
  ports: SteerPorts,
  { name }: Steering,
  step: Step<T>,
): Promise<Steered | T> {
  return await transact(ports, usual(`sweep ${name}`), async (tx) => {
    const sweep = await loadSweep(tx, name);
    if (sweep === null || sweep.value.deleted) {
      return { kind: "notNow", detail: `There is no sweep ${name}.` };
    }
    return await step(tx, sweep, ports.clock.earliest());
  });
}

function factOf(
  event: AuditFacts["event"],
  { by }: Steering,
  nowMs: number,
  detail: string,
): AuditFacts {
  return factOfSweep(event, { atMs: nowMs, by, detail });
}

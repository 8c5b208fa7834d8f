import type { Stored } from "../../ledger/sequence/rows.ts";
import type { RunSummary } from "../../ledger/run/summary.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { endsOf, tooManyFailures, type Ends } from "../../sweep/failures.ts";
import { isFailure, listedAnew, REACHED, wordOf, type RoundRecord } from "../../sweep/round.ts";
import { stalledBy, unstalled, type SweepRecord } from "../../sweep/sweep.ts";
import { closed } from "./close-round.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";

/** How often a round that is open looks for machines that are new or have reported since. */
const LISTED_EVERY_MS = 3_600_000;

/** The round after what follows from time, profiles and failures; null if it is gone. */
export async function followed(
  ports: SweepPorts,
  { catalogue, listedEveryMs = LISTED_EVERY_MS }: SweepSettings,
  { name, number }: { readonly name: string; readonly number: number },
  running: ReadonlyMap<string, RunSummary>,
): Promise<Stored<RoundRecord> | null> {
  const first = await loadRound(ports.ledger, name, number);
  const nowMs = ports.clock.earliest();
  const known = { catalogue, listedEveryMs, running, nowMs };
  const follows = (round: RoundRecord) => whatFollows(round, known);
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
  { catalogue, listedEveryMs, running, nowMs }: Known,
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
    const of = (sweep: SweepRecord) => stalledBy(sweep, stalled);
    return { round: { ...round, paused }, said: { event: "roundPaused", detail: why.detail, of } };
  }
  const isDue = isListingDue(round, nowMs - listedEveryMs);
  return isDue ? { round: listedAnew(round), said: null } : null;
}

interface Known extends Pick<SweepSettings, "catalogue"> {
  readonly listedEveryMs: number;
  readonly running: ReadonlyMap<string, RunSummary>;
  readonly nowMs: number;
}

/** A round that has all its machines behind it lists no more: it ends. */
function isListingDue(
  { listing, listedAtMs, counts }: RoundRecord,
  listedBeforeMs: number,
): boolean {
  const isOpen = counts.waiting + counts.held + counts.inHand + counts.sent > 0;
  return listing === null && isOpen && (listedAtMs ?? 0) <= listedBeforeMs;
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
  // The definition of a round never changes, so what was refused will be refused again.
  if (round.hindrance?.code === "invalid") {
    return { code: "invalid", detail: `Nothing can be sent: ${round.hindrance.detail}` };
  }
  const detail = tooManyFailures(round, endsWith(round, running));
  return detail === null ? null : { code: "failures", detail };
}

/** What has ended so far in a round, with what the runs say that go on. */
export function endsWith(
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

import { setTimeout as sleep } from "node:timers/promises";
import type { SweepClient, SweepSeen } from "./sweep-client.ts";
import type { SweepReporter } from "./sweep-reporter.ts";

interface Sweeping {
  readonly client: SweepClient;
  /** The definition, as it stands in its file. */
  readonly definition: string;
  readonly reporter: SweepReporter;
  readonly signal: AbortSignal;
}

/** How often lrq is asked how a round goes on. */
const ASK_MS = 250;
/** A round takes ten seconds; a slow computer gets much more. */
const ROUND_MS = 120_000;
const ROUNDS = 2;
/** Who signed a program, and where it lies: what is rare in these is worth a look. */
const STACKED_BY = ["signer", "path"] as const;

/**
 * Applies the sweep, lets two rounds go from start to end, and reads what they found. Throws if a
 * round does not end, or lrq cannot be asked.
 */
export async function playSweep(sweeping: Sweeping): Promise<SweepSeen> {
  const { client, definition, reporter } = sweeping;
  reporter.opens();
  await client.apply(definition);
  reporter.applied(await client.preview());
  const started: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) started.push(await goOnce(sweeping));
  const seen = {
    started,
    rounds: await client.rounds(),
    rows: await Promise.all(started.map(async (number) => await client.rows(number))),
    stack: await client.stack(STACKED_BY),
    changes: await client.changes(),
  };
  reporter.found(seen);
  return seen;
}

/** One round, from its start to its end. */
async function goOnce({ client, reporter, signal }: Sweeping): Promise<number> {
  const startedAtMs = Date.now();
  const number = await client.start();
  const show = reporter.openRound();
  try {
    while (Date.now() < startedAtMs + ROUND_MS) {
      const round = await client.round(number);
      show.show(round, Date.now() - startedAtMs);
      if (round.state === "ended") return number;
      await sleep(ASK_MS, undefined, { signal });
    }
  } finally {
    show.close();
  }
  const { why } = await client.round(number);
  const because = why === null ? "" : `: ${why.detail}`;
  throw new Error(
    `round ${number} of the sweep was not over after ${ROUND_MS / 1_000} s${because}`,
  );
}

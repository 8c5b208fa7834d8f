import { join } from "node:path";
import type { Simulator } from "../defender-simulator/simulator.ts";
import type { Stack } from "../stack.ts";
import { type EvidenceApi, evidenceApi } from "../lrq/api.ts";
import type { Cast } from "./cast.ts";
import { direct, setTheStage } from "./director.ts";
import { checkOutcome, type Outcome } from "./expectations.ts";
import { follow, type Followed } from "./follow.ts";
import { lrqCallTo } from "./lrq-call.ts";
import { createLrqClient, type LrqClient } from "./lrq-client.ts";
import type { Reporter } from "./reporter.ts";
import type { RunAnswer } from "../run-answer.ts";
import { saveEvidence } from "./save-evidence.ts";
import { checkSweep, sweptMembers } from "./sweep-expectations.ts";
import { createSweepClient, type SweepClient } from "./sweep-client.ts";
import { playSweep } from "./sweep.ts";
import { webhooksFor } from "./webhooks.ts";

/** One performance: who plays, how fast, where evidence goes, and who tells of it. */
export interface Performance {
  readonly cast: Cast;
  /** The definition of the sweep, as it stands in its file. */
  readonly sweep: string;
  /** lrq's local key. */
  readonly key: string;
  readonly speed: number;
  /** The seed of the simulated tenant. */
  readonly seed: number;
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/**
 * A machine that is there takes its action up within 25 s of the tenant; the poll sees it up to 15
 * s later.
 */
const OFFLINE_AFTER_SECONDS = 40;
/** The name in the definition of the sweep, which lrq compares with that of the address. */
const SWEEP = "autostarts";

/**
 * Posts the webhooks, follows what they become, brings out the evidence, lets a sweep go two rounds
 * and checks everything. True if all is as it should be. Throws when a part of the stack dies, lrq
 * does not answer, a round does not end, or on the signal.
 */
export async function play(stack: Stack, performance: Performance): Promise<boolean> {
  const { simulator } = stack;
  if (simulator === null) throw new Error("the demo needs a simulated tenant, and has none");
  const over = new AbortController();
  const signal = AbortSignal.any([performance.signal, over.signal]);
  const lrq = { url: stack.url, key: performance.key };
  const call = lrqCallTo(lrq, signal);
  const asking = {
    client: createLrqClient(call),
    api: evidenceApi(lrq, signal),
    sweep: createSweepClient(call, SWEEP),
  };
  setTheStage(simulator, performance.cast);
  const directed = direct(simulator, performance.cast, signal);
  const died = stack.died.then((why) => {
    throw new Error(`${why} in the middle of the demo`);
  });
  try {
    return await Promise.race([perform(simulator, asking, performance), died]);
  } finally {
    over.abort();
    await directed;
  }
}

interface Asking {
  readonly client: LrqClient;
  readonly api: EvidenceApi;
  readonly sweep: SweepClient;
}

async function perform(
  simulator: Simulator,
  asking: Asking,
  performance: Performance,
): Promise<boolean> {
  const { cast, seed, signal, reporter, sweep: definition } = performance;
  const brought = await bringOut(asking, performance);
  const before = simulator.arrivals();
  const told = reporter.sweep(sweptMembers(cast));
  const seen = await playSweep({ client: asking.sweep, definition, reporter: told, signal });
  const arrivals = simulator.arrivals().slice(before.length);
  const violations = simulator.violations();
  return reporter.verdict([
    ...checkOutcome({ ...brought, arrivals: before, violations }, cast),
    ...checkSweep(seen, { cast, seed, arrivals }),
  ]);
}

/** The incident and the ticket, from their webhooks to evidence in a folder. */
async function bringOut(
  { client, api }: Asking,
  { cast, speed, dataDir, signal, reporter }: Performance,
): Promise<Pick<Outcome, "runs" | "saved">> {
  const followed = await postAll(client, cast, reporter);
  const offlineAfterMs = (OFFLINE_AFTER_SECONDS * 1_000) / speed;
  const show = reporter.openShow({ members: cast.members, speed, offlineAfterMs });
  let runs: readonly RunAnswer[];
  try {
    const order = cast.members.map(({ machineId }) => machineId);
    runs = await follow({ client, followed, order, show: show.show, signal });
  } finally {
    show.close();
  }
  const folder = join(dataDir, "evidence");
  const saved = await saveEvidence(api, runs, folder);
  reporter.results({ runs, saved, cast, folder });
  return { runs, saved };
}

async function postAll(client: LrqClient, cast: Cast, reporter: Reporter): Promise<Followed[]> {
  const followed: Followed[] = [];
  for (const webhook of webhooksFor(cast.members)) {
    const runId = await client.post(webhook);
    reporter.posted(webhook, runId);
    followed.push({ runId, title: webhook.title });
  }
  return followed;
}

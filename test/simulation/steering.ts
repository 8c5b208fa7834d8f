import { parseCallers, type Caller } from "../../shared/access/caller.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Random } from "../../shared/ports.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { retrySequence, type RetrySettings } from "../../shared/workflow/accept/retry-sequence.ts";
import { cancelSequence } from "../../shared/workflow/operate/cancel-sequence.ts";
import type { Ports } from "../../shared/ports.ts";
import { REQUESTER } from "./approval-judge.ts";
import { isRetryable } from "./retry-judge.ts";
import type { Arrival, Operation } from "./scenario.ts";
import { between, chance, stream, whole } from "./streams.ts";
import type { World } from "./world.ts";

export type Steering = Extract<Operation, { kind: "cancelOne" | "retry" }>;

/** Such runs take longer: what is retried may fail again. */
const STEERED_SHARE = 0.25;
const RETRIES_MAX = 5;
const CANCELS_MAX = 2;
const WITHIN_MS = 1_800_000;
const TWICE_SHARE = 0.4;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawSteering(seed: number, arrivals: readonly Arrival[]): Steering[] {
  const random = stream(seed, "steering");
  if (!chance(random, STEERED_SHARE)) return [];
  return arrivals.flatMap((each) => [
    ...drawSome(random, each, "retry", RETRIES_MAX),
    ...drawSome(random, each, "cancelOne", CANCELS_MAX),
  ]);
}

function drawSome(
  random: Random,
  { incidentId, atMs }: Arrival,
  kind: Steering["kind"],
  most: number,
): Steering[] {
  return Array.from({ length: whole(random, 0, most) }, (): Steering[] => {
    const one = { kind, incidentId, atMs: atMs + between(random, 1_000, WITHIN_MS) };
    const steering = { ...one, pick: whole(random, 0, 1_000) };
    if (!chance(random, TWICE_SHARE)) return [steering];
    return [steering, { ...steering, atMs: one.atMs + between(random, 0, 100) }];
  }).flat();
}

type Asked = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;
/** Asks hosts until one answers. */
type Insist = <T>(world: World, ask: (ports: Asked) => Promise<T | "silence">) => Promise<T>;

/** Ends one sequence of a run, or runs one again: one that has failed, if there is one. */
export async function steer(
  world: World,
  { kind, pick, runId }: Steering & { readonly runId: string },
  settings: RetrySettings,
  insist: Insist,
): Promise<void> {
  const all = [...world.judge.ledger.records.values()].filter((each) => each.runId === runId);
  const failed = all.filter(isRetryable);
  const among = kind === "retry" && failed.length > 0 ? failed : all;
  const record = among[pick % Math.max(1, among.length)];
  if (record === undefined) return;
  await (kind === "retry" ? retry(world, record, settings, insist) : cancel(world, record, insist));
}

async function cancel(world: World, record: SequenceRecord, insist: Insist): Promise<void> {
  const { runId, sequenceId } = record;
  const { limits } = world.scenario;
  await insist(world, async (ports) => {
    const came = await cancelSequence(ports, limits, { runId, sequenceId, record }, "op");
    return came.setAside > 0 ? "silence" : came;
  });
}

async function retry(
  world: World,
  record: SequenceRecord,
  settings: RetrySettings,
  insist: Insist,
): Promise<void> {
  const came = await insist(world, async (ports) => {
    const countedCommits = createCountedCommits(ports);
    const lookUpPayments = createLookUpPayments(ports, settings.limits);
    const sharing = { ...ports, countedCommits, lookUpPayments };
    const retried = await retrySequence(sharing, settings, record, WHO);
    return retried.kind === "unavailable" ? "silence" : retried;
  });
  if (came.kind === "notRetryable") return world.judge.retries.refused(record);
  if (came.kind !== "retried") {
    return world.court.fail("reasonless", `a retry was answered ${came.kind}`);
  }
  world.judge.promisedIds.add(came.sequence.sequenceId);
  world.judge.retries.told(record, came.sequence.sequenceId);
}

const WHO = { caller: requester(), objectId: null };

function requester(): Caller {
  const key = `sha256:${"0".repeat(64)}`;
  const setting = { name: REQUESTER, key, may: ["incident.submit", "again"] };
  const read = parseCallers(JSON.stringify([setting]));
  const [caller] = read.kind === "parsed" ? read.value : [];
  if (caller === undefined) throw new Error(`no caller can have the name ${REQUESTER}`);
  return caller;
}

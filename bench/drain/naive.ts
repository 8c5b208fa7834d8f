import { createMemoryClock, type MemoryClock } from "../../local/memory/clock.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import type { Ledger, Random } from "../../shared/ports.ts";
import { machineIdOf } from "./backlog.ts";
import { startListener } from "./listener.ts";
import { createBenchQueue, type BenchQueue } from "./queue.ts";
import { createBenchTenant, type BenchTenant } from "./tenant.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { timedTable } from "./timed-table.ts";
import { settled } from "./virtual-world.ts";
import { between } from "./wire.ts";

/**
 * The two drains most people would write first. `throws`: one message a sequence, a row that counts
 * the calls of the current minute, and an exception when it is full, so that the queue brings the
 * message back. `polls`: every message waits in its function and looks at a token bucket each
 * second.
 */
export type NaiveKind = "throws" | "polls";

export interface NaiveRun {
  readonly tenant: BenchTenant;
  readonly clock: MemoryClock;
  requests(): number;
}

/** The same latencies as in the virtual world of the real drain. */
const POST_MS = [50, 750] as const;
const TOKEN_KEY = "token";
const POLL_EVERY_MS = 1_000;
/** The host's functionTimeout: then the message goes back to the queue. */
const FUNCTION_MS = 300_000;
const CAS_TRIES = 10;
/** Nobody kills these. */
const ALIVE = { isOver: false };

class NotNow extends Error {}

/** One message for each of `backlog` machines, and `workers` that begin at once. */
export function startNaive(
  kind: NaiveKind,
  options: { seed: number; backlog: number; workers: number; sessionMs: readonly [number, number] },
): NaiveRun {
  const { seed, backlog, workers, sessionMs } = options;
  const clock = createMemoryClock({ startMs: 1_800_000_000_000, settle: settled });
  const random = createSeededRandom(seed);
  const rules = { ...SHIPPED, sessionMs, isOffline: () => false, command: "PutFile" } as const;
  const tenant = createBenchTenant(rules, () => clock.nowMs(), createSeededRandom(seed + 1));
  const queue = createBenchQueue<string>(() => clock.nowMs());
  const table = timedTable(clock, random);
  const parts: Parts = { clock, random, tenant, queue, table: table.ledger };
  for (let number = 0; number < backlog; number += 1) queue.send(machineIdOf("m", number), 0);
  const serve = kind === "throws" ? orThrow : polling;
  for (let worker = 0; worker < workers; worker += 1) {
    startListener(queue, clock, ALIVE, async ({ body }) => await serve(parts, body));
  }
  return { tenant, clock, requests: () => table.spent() + queue.counts.requests };
}

interface Parts {
  readonly clock: MemoryClock;
  readonly random: Random;
  readonly tenant: BenchTenant;
  readonly queue: BenchQueue<string>;
  readonly table: Ledger;
}

async function orThrow(parts: Parts, machineId: string): Promise<void> {
  if (!(await take(parts, fixedWindow))) throw new NotNow("the minute is full");
  if (!(await posted(parts, machineId))) throw new NotNow("refused");
}

async function polling(parts: Parts, machineId: string): Promise<void> {
  const untilMs = parts.clock.nowMs() + FUNCTION_MS;
  while (parts.clock.nowMs() < untilMs) {
    if ((await take(parts, bucket)) && (await posted(parts, machineId))) return;
    await parts.clock.sleep(POLL_EVERY_MS);
  }
  throw new NotNow("no token in all this time");
}

async function posted({ clock, random, tenant }: Parts, machineId: string): Promise<boolean> {
  await clock.sleep(between(random, POST_MS));
  const answer = tenant.submit(machineId, null);
  await clock.sleep(between(random, POST_MS));
  return answer.kind === "accepted";
}

/** Calls since `sinceMs`, or tokens as of then. */
interface Token {
  readonly sinceMs: number;
  readonly count: number;
}

/** The token with one call taken, or null. */
type Take = (token: Token | null, nowMs: number) => Token | null;

const fixedWindow: Take = (token, nowMs) => {
  const sinceMs = Math.floor(nowMs / SHIPPED.windowMs) * SHIPPED.windowMs;
  const count = token?.sinceMs === sinceMs ? token.count : 0;
  return count < SHIPPED.callsPerWindow ? { sinceMs, count: count + 1 } : null;
};

const bucket: Take = (token, nowMs) => {
  const perMs = SHIPPED.callsPerWindow / SHIPPED.windowMs;
  const grown = token === null ? Infinity : token.count + (nowMs - token.sinceMs) * perMs;
  const count = Math.min(SHIPPED.callsPerWindow, grown);
  return count >= 1 ? { sinceMs: nowMs, count: count - 1 } : null;
};

/** Compare-and-swap on the one row; false when there is no token, or all tries were lost. */
async function take({ clock, table }: Parts, how: Take): Promise<boolean> {
  for (let attempt = 0; attempt < CAS_TRIES; attempt += 1) {
    const stored = await table.read(TOKEN_KEY);
    const body = how(stored === null ? null : tokenIn(stored.body), clock.nowMs());
    if (body === null) return false;
    const outcome = await table.commit([
      stored === null
        ? { op: "insert", key: TOKEN_KEY, body }
        : { op: "replace", key: TOKEN_KEY, body, etag: stored.etag },
    ]);
    if (outcome.kind === "committed") return true;
  }
  return false;
}

function tokenIn(body: unknown): Token {
  const { sinceMs, count }: Record<string, unknown> = { ...Object(body) };
  return { sinceMs: Number(sinceMs), count: Number(count) };
}

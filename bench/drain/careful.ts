import { createMemoryClock, type MemoryClock } from "../../local/memory/clock.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { isFinal } from "../../shared/ledger/sequence/machine-action.ts";
import type { Defender, Ledger, Row } from "../../shared/ports.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { within, type Life } from "./life.ts";
import { createBenchQueue, type BenchQueue } from "./queue.ts";
import { createBenchTenant, type BenchTenant } from "./tenant.ts";
import { timedTable } from "./timed-table.ts";
import { settled } from "./virtual-world.ts";
import { defenderOf } from "./wire.ts";

/*
 * What a careful person would write in an afternoon. One worker takes one message at a time, posts
 * it, writes the action's id into a table, and sleeps six seconds, so that it never calls more than
 * ten times a minute. After a 429 it waits a minute and tries the same machine again. A timer asks
 * for each open action every 15 seconds, and gives up what stays Pending for half an hour.
 */

const PAUSE_MS = 6_000;
const AFTER_429_MS = 60_000;
const BUSY_AGAIN_MS = 300_000;
const IDLE_MS = 2_000;
const ASK_EVERY_MS = 15_000;
const PATIENCE_MS = 1_800_000;
const OFFLINE_AGAIN_MS = 3_600_000;
const RESTART_MS = 10_000;
const ROWS_MAX = 1_000;
const COMMENT = "careful";

export interface CarefulOptions {
  readonly seed: number;
  readonly backlog: readonly string[];
  readonly sessionMs: readonly [number, number];
  readonly isOffline?: (machineId: string) => boolean;
}

export interface CarefulRun {
  readonly tenant: BenchTenant;
  readonly clock: MemoryClock;
  /** One machine more, behind all others: there is one queue. */
  send(machineId: string): void;
  /** Kills the worker in the middle of what it does; another starts ten seconds later. */
  kill(): void;
  /** Storage requests so far. */
  requests(): number;
}

interface Parts {
  readonly clock: MemoryClock;
  readonly queue: BenchQueue<string>;
  readonly table: Ledger;
  readonly defender: Defender;
  readonly life: Life;
}

/** Everything queued, and the one worker and its timer started. */
export function startCareful(options: CarefulOptions): CarefulRun {
  const { seed, backlog, sessionMs, isOffline = () => false } = options;
  const clock = createMemoryClock({ startMs: 1_800_000_000_000, settle: settled });
  const random = createSeededRandom(seed);
  const rules = { ...SHIPPED, sessionMs, isOffline, command: "PutFile" } as const;
  const tenant = createBenchTenant(rules, () => clock.nowMs(), createSeededRandom(seed + 1));
  const queue = createBenchQueue<string>(() => clock.nowMs());
  const table = timedTable(clock, random);
  const defender = defenderOf(tenant, { clock, random });
  for (const machineId of backlog) queue.send(machineId, 0);
  let life: Life = { isOver: false };
  const start = (): void => {
    const parts = {
      queue,
      life,
      clock: within(life, clock),
      table: within(life, table.ledger),
      defender: within(life, defender),
    };
    void work(parts);
    void watch(parts);
  };
  start();
  return {
    tenant,
    clock,
    send: (machineId) => queue.send(machineId, 0),
    kill: () => {
      life.isOver = true;
      life = { isOver: false };
      clock.at(clock.nowMs() + RESTART_MS, start);
    },
    requests: () => table.spent() + queue.counts.requests,
  };
}

/** One message at a time, for as long as the process lives. */
async function work(parts: Parts): Promise<never> {
  const { queue, clock } = parts;
  for (;;) {
    const [message] = queue.receive(1);
    if (message === undefined) {
      await clock.sleep(IDLE_MS);
      continue;
    }
    if (await submitted(parts, message.body)) queue.complete(message.id);
    else queue.release(message.id, BUSY_AGAIN_MS);
    await clock.sleep(PAUSE_MS);
  }
}

/** It has no pause to keep. */
const atAnyTime = () => Number.POSITIVE_INFINITY;

/** True once Defender has taken it and its action is written down; false if its machine is busy. */
async function submitted(parts: Parts, machineId: string): Promise<boolean> {
  const { clock, table, defender } = parts;
  for (;;) {
    const answer = await defender.submit(machineId, [], COMMENT, atAnyTime);
    if (answer.kind === "accepted") {
      const body = { machineId, actionId: answer.actionId };
      await table.commit([{ op: "insert", key: `open!${answer.actionId}`, body }]);
      return true;
    }
    if (answer.kind !== "throttled") return false;
    await clock.sleep(AFTER_429_MS);
  }
}

/** Asks for what is open, every 15 seconds; after a 429 a minute later. */
async function watch(parts: Parts): Promise<never> {
  for (;;) {
    const begunAtMs = parts.clock.nowMs();
    const rows = await parts.table.list("open!", 'open"', ROWS_MAX);
    const isThrottled = await anyThrottled(parts, rows);
    const nextAtMs = begunAtMs + (isThrottled ? AFTER_429_MS : ASK_EVERY_MS);
    await parts.clock.sleep(nextAtMs - parts.clock.nowMs());
  }
}

/** One question after the other, until Defender answers one with 429. */
async function anyThrottled(parts: Parts, rows: readonly Row[]): Promise<boolean> {
  for (const row of rows) if ((await receiveAt(parts, row)) === "throttled") return true;
  return false;
}

async function receiveAt(
  { clock, queue, table, defender }: Parts,
  row: Row,
): Promise<"throttled" | "looked"> {
  const { machineId, actionId }: Record<string, unknown> = { ...Object(row.body) };
  const reply = await defender.getAction(String(actionId));
  if (reply.kind === "throttled") return "throttled";
  if (reply.kind !== "answered") return "looked";
  const { status, createdAtMs } = reply.value;
  const waitedMs = clock.nowMs() - (createdAtMs ?? clock.nowMs());
  const isGivenUp = status === "Pending" && waitedMs > PATIENCE_MS;
  if (isGivenUp) {
    await defender.cancelAction(String(actionId), COMMENT);
    queue.send(String(machineId), OFFLINE_AGAIN_MS);
  }
  if (isGivenUp || isFinal(status)) {
    await table.commit([{ op: "delete", key: row.key, etag: row.etag }]);
  }
  return "looked";
}

import { LATE_MS, STALL_MS, type Fault, type Method } from "./faults.ts";
import { never, whileAlive, type Epoch } from "./hosts.ts";
import type { World } from "./world.ts";

/** One call of a function by its host; `failed` once anything outside let it down. */
export interface Invocation {
  readonly epoch: Epoch;
  failed: boolean;
}

/**
 * A port call: how long the wire takes either way, what happens, and what a caller hears who is let
 * down.
 */
export interface Call<T> {
  readonly method: Method;
  readonly thereMs: number;
  readonly backMs: number;
  readonly act: (fault: Fault["kind"] | null) => T | Promise<T>;
  readonly lost: () => T;
  /** What a caller hears of a call that was sent twice. */
  readonly twice?: (value: T) => T;
}

/** Thrown to a workflow whose call got no answer. */
export class OutOfReach extends Error {}

/** True for what the simulated outside throws, as opposed to what a workflow does. */
export function isOutOfReach(error: unknown): boolean {
  return error instanceof OutOfReach;
}

/** One call, from its host to the world and back, with at most one fault. */
export async function through<T>(world: World, invocation: Invocation, call: Call<T>): Promise<T> {
  const { epoch } = invocation;
  const { clock } = world;
  await whileAlive(clock, epoch);
  const fault = world.faults.draw(call.method);
  if (fault !== null) invocation.failed = true;
  if (fault === "crashBefore") {
    world.hosts.crash(epoch);
    return await never();
  }
  await clock.sleep(call.thereMs + (fault === "late" ? LATE_MS : 0));
  await world.interruptions.before();
  const value = fault === "error" ? call.lost() : await call.act(fault);
  if (fault === "crashAfter") world.hosts.crash(epoch);
  const stallMs = fault === null ? undefined : STALL_MS[fault];
  if (stallMs !== undefined) epoch.frozenUntilMs = clock.nowMs() + stallMs;
  if (call.backMs > 0) await clock.sleep(call.backMs);
  await whileAlive(clock, epoch);
  if (fault === "lostReply") return call.lost();
  if (fault === "lostRace" && call.twice !== undefined) return call.twice(value);
  return value;
}

import type { Budget } from "../limits/budget.ts";
import type { Limits } from "../limits/limits.ts";
import {
  letIn,
  lockedOutBy,
  lockoutOf,
  remedyFor,
  type LockedCall,
  type Refusal,
} from "../limits/lockout.ts";
import type { Ports, Reply } from "../ports.ts";
import { commitHolding, type HeldBudget } from "./held-budget.ts";
import { loadBudget } from "./load.ts";

type NotePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/**
 * Writes into the budget that Defender refuses a call to us as such, or that there is no token. One
 * that is known already costs nothing until its next probe is due.
 */
export async function noteRefusal(
  ports: NotePorts,
  limits: Limits,
  held: HeldBudget,
  refusal: Refusal,
): Promise<void> {
  const before = held.stored.value;
  await commitHolding(ports, held, (budget) => lockedOutBy(budget, refusal, limits));
  logLockouts(ports.log, before, held.stored.value);
}

/** Writes into the budget that the call got through; costs nothing if it was not refused before. */
export async function noteLetIn(
  ports: NotePorts,
  held: HeldBudget,
  call: LockedCall,
): Promise<void> {
  const before = held.stored.value;
  await commitHolding(ports, held, (budget) => letIn(budget, call, ports.clock.latest()));
  logLockouts(ports.log, before, held.stored.value);
}

/**
 * Notes what an answer says of our access, for who does not hold the budget. A good one costs a
 * read of it, and is looked at only if the call `wasRefused` before.
 */
export async function noteAnswer(
  ports: NotePorts,
  limits: Limits,
  { call, reply, wasRefused }: { call: LockedCall; reply: Reply<unknown>; wasRefused: boolean },
): Promise<void> {
  const refusal = refusalIn(call, reply, ports.clock.latest());
  if (refusal === null && !(wasRefused && reply.kind === "answered")) return;
  const held = { stored: await loadBudget(ports.ledger) };
  if (refusal === null) await noteLetIn(ports, held, call);
  else await noteRefusal(ports, limits, held, refusal);
}

/** Says once that a call is refused, why, and what to do; and once that it gets through again. */
export function logLockouts(log: Ports["log"], before: Budget, after: Budget): void {
  for (const lockout of after.lockouts) {
    if (lockoutOf(before, lockout.call) !== null) continue;
    const { call, httpStatus, detail } = lockout;
    log("error", "lockedOut", { call, httpStatus, detail, remedy: remedyFor(lockout) });
  }
  for (const { call } of before.lockouts) {
    if (lockoutOf(after, call) === null) log("warn", "letIn", { call });
  }
}

/** No token or the wrong one; not the permission. */
const OF_ACCESS: ReadonlySet<number> = new Set([401, 403]);

/**
 * What an answer says of our access; null if it says nothing. The list is always the same question,
 * so whatever refuses it refuses us; others may be refused for what they ask for.
 */
export function refusalIn(call: LockedCall, reply: Reply<unknown>, atMs: number): Refusal | null {
  if (reply.kind === "absent" && call === "list") {
    return { call, httpStatus: 404, detail: reply.detail, atMs };
  }
  if (reply.kind !== "refused") return null;
  const { httpStatus, detail } = reply;
  return call === "list" || OF_ACCESS.has(httpStatus) ? { call, httpStatus, detail, atMs } : null;
}

/** Why there is no token. */
export function noToken(reply: Exclude<Reply<null>, { kind: "answered" }>, atMs: number): Refusal {
  const detail = "detail" in reply ? reply.detail : reply.kind;
  return { call: "token", httpStatus: null, detail, atMs };
}

import type { Budget } from "../limits/pace/budget.ts";
import type { Limits } from "../limits/pace/limits.ts";
import {
  letIn,
  lockedOutBy,
  lockoutOf,
  remedyFor,
  type LockedCall,
  type Refusal,
} from "../limits/pace/lockout.ts";
import type { Ports, Reply } from "../ports.ts";
import { changeBudgetAlone } from "./change-budget.ts";

type NotePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/**
 * Writes into the budget that Defender refuses a call to us as such, or that there is no token. If
 * it is known already, this costs nothing until its next probe is due.
 */
export async function noteRefusal(
  ports: NotePorts,
  limits: Limits,
  refusal: Refusal,
): Promise<void> {
  await note(ports, (budget) => lockedOutBy(budget, refusal, limits));
}

/** Writes into the budget that the call got through; costs nothing if it was not refused before. */
export async function noteLetIn(ports: NotePorts, call: LockedCall): Promise<void> {
  await note(ports, (budget) => letIn(budget, call, ports.clock.latest()));
}

async function note(ports: NotePorts, change: (budget: Budget) => Budget): Promise<void> {
  const noted = await changeBudgetAlone(ports, change);
  if (noted !== null) logLockouts(ports.log, noted.before, noted.after);
}

/**
 * Notes what an answer says of our access. It uses a good answer only if the call `wasRefused`
 * before.
 */
export async function noteAnswer(
  ports: NotePorts,
  limits: Limits,
  { call, reply, wasRefused }: { call: LockedCall; reply: Reply<unknown>; wasRefused: boolean },
): Promise<void> {
  const refusal = refusalIn(call, reply, ports.clock.latest());
  if (refusal !== null) await noteRefusal(ports, limits, refusal);
  else if (wasRefused && reply.kind === "answered") await noteLetIn(ports, call);
}

/** Logs once that a call is refused, why, and what to do; and once that it succeeds again. */
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
export const OF_ACCESS: ReadonlySet<number> = new Set([401, 403]);

/**
 * What an answer says of our access; null if it says nothing. The list is always the same request,
 * so a refusal is about the app. Other calls may be refused because of what they ask for.
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

import { apiError, withRetryAfter } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Fault, FaultKind, FaultPlan, FaultPoint } from "./fault-plan.ts";
import { fraction } from "./random.ts";
import { blobError } from "./results.ts";
import type { Tenant } from "./tenant.ts";

/**
 * The first planned fault that strikes this call, or null. Every fault of the point counts the
 * call.
 */
export function chooseFault(tenant: Tenant, plan: FaultPlan, on: FaultPoint): Fault | null {
  let chosen: Fault | null = null;
  for (const [index, fault] of plan.entries()) {
    if (fault.on !== on) continue;
    const { faultCalls } = tenant.state;
    const call = (faultCalls[index] ?? 0) + 1;
    faultCalls[index] = call;
    tenant.changed = true;
    if (chosen === null && strikes(tenant, fault, index, call)) chosen = fault;
  }
  return chosen;
}

/** Keeps the counts dense, so that they survive being written as JSON. */
export function countFaults(tenant: Tenant, plan: FaultPlan): void {
  for (const index of plan.keys()) tenant.state.faultCalls[index] ??= 0;
}

function strikes(tenant: Tenant, fault: Fault, index: number, call: number): boolean {
  if (fault.nth !== undefined) return call === fault.nth;
  const drawn = (at: number) =>
    fault.probability === undefined ||
    fraction(tenant.rules.seed, "fault", index, at) < fault.probability;
  if (!drawn(call)) return false;
  if (fault.times === undefined) return true;
  let before = 0;
  for (let at = 1; at < call; at += 1) before += drawn(at) ? 1 : 0;
  return before < fault.times;
}

const CODES: Partial<Record<FaultKind, string>> = {
  "401": "Unauthorized",
  "403": "Forbidden",
  "404": "ResourceNotFound",
  "429": "TooManyRequests",
  "500": "InternalServerError",
  "500-after": "InternalServerError",
  "503": "ServiceUnavailable",
};

/** The answer that a fault gives in the place of the real one; null for faults of another kind. */
export function faultAnswer(tenant: Tenant, fault: Fault): Answer | null {
  if (fault.fault === "html") return page(200);
  if (fault.fault === "403-page" || fault.fault === "403-page-after") return page(403);
  if (fault.fault === "busy") {
    return apiError(tenant, 400, "ActiveRequestAlreadyExists", "Action is already in progress");
  }
  const code = CODES[fault.fault];
  if (code === undefined) return null;
  const status = Number.parseInt(fault.fault, 10);
  if (fault.on === "download") return blobError(status, code, "Planned fault");
  const answer = apiError(tenant, status, code, "Planned fault");
  return fault.retryAfter === undefined ? answer : withRetryAfter(answer, fault.retryAfter);
}

/** What a gateway answers in the place of Defender. */
function page(status: number): Answer {
  const body = "<!DOCTYPE html><html><body><h1>Our services are not available</h1></body></html>";
  return { status, headers: { "Content-Type": "text/html" }, body };
}

/** More than any honest answer; a client that reads it whole has no bound. */
const HUGE_BYTES = 64 * 1_048_576;

/** A JSON answer that is far too long, with the real one inside. */
export function hugeAnswer(answer: Answer): Answer {
  const real = typeof answer.body === "string" ? answer.body : "{}";
  const padding = Buffer.alloc(65_536, " ");
  const times = HUGE_BYTES / padding.length;
  const chunks = function* () {
    for (let time = 0; time < times; time += 1) yield padding;
    yield Buffer.from(real);
  };
  const length = times * padding.length + Buffer.byteLength(real);
  return { ...answer, body: { length, chunks } };
}

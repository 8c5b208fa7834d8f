import { authorize } from "./access.ts";
import type { Access, Caller } from "./access.ts";
import { apiError, errorCode, odata, tooManyRequests } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { findMachine, inPortalSession, unknownMachine } from "./machines.ts";
import { actionEntity, sessionsOf, wireTime } from "./machine-actions.ts";
import type { SimulatedMachine } from "./options.ts";
import { createAction, openActionOn } from "./create-action.ts";
import { inOrder, parseRequestBody } from "./request-body.ts";
import type { RequestBody } from "./request-body.ts";
import type { ActionRecord, SimulatedCommand } from "./state.ts";
import { complain, libraryFile } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";
import { countWithin, opensAtMs } from "./window.ts";

const ROLES = ["Machine.LiveResponse"];

/** A POST as it was read at the door. */
interface Post {
  readonly call: Call;
  readonly machineId: string;
  readonly access: Access;
  readonly body: RequestBody;
}

/** POST runliveresponse: everything is decided and noted at the door, in one step. */
export function submit(tenant: Tenant, call: Call, machineId: string): Answer {
  const post = readPost(tenant, call, machineId);
  const { access } = post;
  const early = access.kind === "refused" ? access.answer : atTheDoor(tenant, call, access.caller);
  const answer = early ?? decide(tenant, post);
  noteArrival(tenant, post, answer);
  return answer;
}

/** A POST that a fault answers: it came to the door and is counted, but nothing is done. */
export function refuseSubmit(tenant: Tenant, call: Call, machineId: string, answer: Answer): void {
  noteArrival(tenant, readPost(tenant, call, machineId), answer);
}

/** A POST that is answered with an action of somebody else on that machine; ours is not created. */
export function submitExisting(tenant: Tenant, call: Call, machineId: string): Answer {
  const machine = findMachine(tenant, machineId);
  if (machine === null) return submit(tenant, call, machineId);
  const post = readPost(tenant, call, machineId);
  const existing =
    openActionOn(tenant, machine) ??
    createAction(tenant, machine, call.nowMs, {
      requestor: "another-product",
      scope: post.access.caller.scope,
      comment: "started by another product",
      externalId: null,
      commands: [{ type: "RunScript", scriptName: "another-product.ps1", args: null }],
      foreignSeconds: 60,
    });
  const answer = createdAnswer(tenant, existing, call.nowMs);
  noteArrival(tenant, post, answer);
  return answer;
}

function readPost(tenant: Tenant, call: Call, machineId: string): Post {
  const access = authorize(tenant, call, ROLES);
  return { call, machineId, access, body: parseRequestBody(call.body) };
}

/** The limit of calls a minute, which the gateway counts before anything is looked at. */
function atTheDoor(tenant: Tenant, call: Call, caller: Caller): Answer | null {
  const { limits, switches, ms } = tenant.rules;
  const windowMs = ms(limits.windowSeconds);
  const counted = tenant.state.arrivals
    .filter((arrival) => arrival.scope === caller.scope)
    .filter((arrival) => switches.refusedCallsCount || arrival.status < 400)
    .map((arrival) => arrival.atMs);
  if (countWithin(counted, call.nowMs, windowMs) < limits.callsPerMinute) return null;
  const after = switches.refusedCallsCount ? [...counted, call.nowMs] : counted;
  const waitMs = opensAtMs(after, call.nowMs, windowMs, limits.callsPerMinute) - call.nowMs;
  const message = `Over ${limits.callsPerMinute} calls in ${limits.windowSeconds} seconds`;
  return tooManyRequests(tenant, message, switches.retryAfterOnRate ? waitMs : null);
}

function decide(tenant: Tenant, { call, machineId, access, body }: Post): Answer {
  const { caller } = access;
  const { switches } = tenant.rules;
  if (!switches.liveResponseEnabled) {
    return apiError(tenant, 403, "DisabledFeature", "Live response is not enabled in this tenant");
  }
  if (!/^application\/json\b/i.test(call.headers["content-type"] ?? "")) {
    return apiError(tenant, 400, "InvalidRequestBody", "The content type is not application/json");
  }
  if (body.kind === "refused") return apiError(tenant, 400, body.code, body.message);
  const machine =
    tenant.machines.get(machineId.toLowerCase()) ??
    (switches.submitByName ? findMachine(tenant, machineId) : null);
  if (machine === null) return unknownMachine(tenant, machineId);
  const refusal =
    bodyRefusal(tenant, body) ??
    machineRefusal(tenant, machine) ??
    busy(tenant, machine, caller, call.nowMs) ??
    sessionCap(tenant, caller, call.nowMs);
  if (refusal !== null) return refusal;
  const externalId = switches.externalId === "stored" ? body.externalId : null;
  const { comment, commands } = body;
  const { requestor, scope } = caller;
  const action = createAction(tenant, machine, call.nowMs, {
    requestor,
    scope,
    comment,
    externalId,
    commands,
    foreignSeconds: null,
  });
  return createdAnswer(tenant, action, call.nowMs);
}

/** Refusals that the pages leave open; each hangs on a switch. */
function bodyRefusal(
  tenant: Tenant,
  body: { readonly comment: string | null; readonly externalId: string | null } & {
    readonly commands: readonly SimulatedCommand[];
  },
): Answer | null {
  const { switches } = tenant.rules;
  const refuse = (code: string, message: string) => apiError(tenant, 400, code, message);
  if (body.comment === null && switches.missingComment === "refused") {
    return refuse("MissingRequiredParameter", "The parameter Comment is required");
  }
  if (body.externalId !== null && switches.externalId === "refused") {
    return refuse("InvalidRequestBody", "The parameter ExternalId is not known");
  }
  if (!inOrder(body.commands)) {
    complain(tenant, "A POST had its commands out of order");
    if (switches.misordered === "refused") {
      return refuse("InvalidRequestBody", "The order is PutFile, RunScript, GetFile");
    }
  }
  for (const command of body.commands) {
    const args = command.type === "RunScript" ? (command.args ?? "") : "";
    if (switches.argumentCharacters === "refused" && /[;&|!$()\n]/.test(args)) {
      return refuse("InvalidInput", "The arguments hold a character that is not allowed");
    }
    if (switches.missingLibraryFile === "failsCommand" || command.type === "GetFile") continue;
    const name = command.type === "PutFile" ? command.fileName : command.scriptName;
    if (libraryFile(tenant, name) === null) {
      return refuse("InvalidInput", `${name} is not in the library`);
    }
  }
  return null;
}

function machineRefusal(tenant: Tenant, machine: SimulatedMachine): Answer | null {
  if (machine.refuses === undefined) return null;
  const status = machine.refuses === "DisallowedOperation" ? 403 : 400;
  const message =
    machine.refuses === "DisallowedOperation"
      ? "The device group of this machine has no automation level"
      : `Live response is not supported on ${machine.computerDnsName}`;
  return apiError(tenant, status, machine.refuses, message);
}

function busy(
  tenant: Tenant,
  machine: SimulatedMachine,
  caller: Caller,
  nowMs: number,
): Answer | null {
  const open = openActionOn(tenant, machine);
  if (open?.requestor === caller.requestor) {
    complain(tenant, `A POST to ${machine.id} came while an own action was open there`);
  }
  if (open === null && !inPortalSession(tenant, machine, nowMs)) return null;
  return apiError(tenant, 400, "ActiveRequestAlreadyExists", "Action is already in progress");
}

function sessionCap(tenant: Tenant, caller: Caller, nowMs: number): Answer | null {
  const { limits, switches, ms } = tenant.rules;
  const sessions = sessionsOf(tenant, caller.scope);
  const own = sessions.filter((action) => action.requestor === caller.requestor).length;
  if (own >= limits.maxSessions) {
    complain(tenant, `A POST came while ${own} own sessions were open`);
  }
  const portal = switches.portalSessionsCount
    ? tenant.options.machines.filter((machine) => inPortalSession(tenant, machine, nowMs)).length
    : 0;
  if (sessions.length + portal < limits.maxSessions) return null;
  const waitMs = switches.retryAfterOnSessionCap ? ms(60) : null;
  return tooManyRequests(tenant, `Over ${limits.maxSessions} live response sessions`, waitMs);
}

/**
 * How much earlier than the POST's own answer the later GET says that the action was made, as seen
 * in 2022.
 */
const SPARSE_CREATION_LEAD_SECONDS = 0.8;

function createdAnswer(tenant: Tenant, action: ActionRecord, nowMs: number): Answer {
  const { switches, ms } = tenant.rules;
  const entity = actionEntity(tenant, action, nowMs);
  if (switches.submittedEntity === "sparse") {
    const saidAtMs = action.createdAtMs + ms(SPARSE_CREATION_LEAD_SECONDS);
    Object.assign(entity, {
      machineId: null,
      computerDnsName: null,
      commands: [],
      creationDateTimeUtc: wireTime(saidAtMs, action.ordinal),
      lastUpdateDateTimeUtc: wireTime(saidAtMs, action.ordinal),
    });
  }
  return odata(switches.submitStatus, "MachineActions/$entity", entity);
}

function noteArrival(tenant: Tenant, post: Post, answer: Answer): void {
  const { state, rules } = tenant;
  const { call, machineId, body } = post;
  const { requestor, scope } = post.access.caller;
  state.arrivals.push({
    machineId,
    requestor,
    scope,
    atMs: call.nowMs,
    status: answer.status,
    code: errorCode(answer),
    comment: body.kind === "request" ? body.comment : null,
    overHttp: true,
  });
  tenant.changed = true;
  const own = state.arrivals
    .filter((arrival) => arrival.overHttp && arrival.scope === scope)
    .map((arrival) => arrival.atMs);
  const count = countWithin(own, call.nowMs, rules.ms(rules.limits.windowSeconds));
  if (count > rules.limits.callsPerMinute) {
    complain(tenant, `${count} POSTs within ${rules.limits.windowSeconds} seconds`);
  }
}

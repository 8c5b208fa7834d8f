import { authorize } from "./access.ts";
import { apiError, odata } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { askCollection } from "./collection.ts";
import { actionEntity, finish, statusOf } from "./machine-actions.ts";
import { isRecord, parseJson } from "./request-body.ts";
import { resultLink } from "./results.ts";
import type { ActionRecord } from "./state.ts";
import { complain } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/** Newest pages name only the write role; whether the read role still does is a switch. */
export function readingRoles(tenant: Tenant): readonly string[] {
  return tenant.rules.switches.readRoleSuffices
    ? ["Machine.Read.All", "Machine.ReadWrite.All"]
    : ["Machine.ReadWrite.All"];
}

/** GET machineactions: newest first, whoever started them. */
export function listActions(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, readingRoles(tenant));
  if (access.kind === "refused") return access.answer;
  return askCollection<ActionRecord>(tenant, call, {
    context: "MachineActions",
    path: "machineactions",
    members: tenant.state.actions.filter((action) => action.listedAtMs <= call.nowMs).toReversed(),
    filterable: ["id", "status", "machineId", "type", "requestor", "creationDateTimeUtc"],
    value: actionField,
    entity: (action) => actionEntity(tenant, action, call.nowMs),
  }).answer;
}

function actionField(action: ActionRecord, field: string): string | number | null {
  switch (field) {
    case "id":
      return action.id;
    case "status":
      return statusOf(action);
    case "machineId":
      return action.machineId;
    case "type":
      return "LiveResponse";
    case "requestor":
      return action.requestor;
    case "creationDateTimeUtc":
      // On the wire the instant has whole milliseconds, and that is what a client sends back.
      return Math.floor(action.createdAtMs);
    default:
      return null;
  }
}

/** GET machineactions/{id}. */
export function getAction(tenant: Tenant, call: Call, id: string): Answer {
  const access = authorize(tenant, call, readingRoles(tenant));
  if (access.kind === "refused") return access.answer;
  const action = visibleAction(tenant, id, call.nowMs);
  if (action === null) return unknownAction(tenant, id);
  return odata(200, "MachineActions/$entity", actionEntity(tenant, action, call.nowMs));
}

/** GET machineactions/{id}/GetLiveResponseResultDownloadLink(index={n}). */
export function getResultLink(tenant: Tenant, call: Call, id: string, index: number): Answer {
  const access = authorize(tenant, call, readingRoles(tenant));
  if (access.kind === "refused") return access.answer;
  const action = visibleAction(tenant, id, call.nowMs);
  return action === null ? unknownAction(tenant, id) : resultLink(tenant, call, action, index);
}

/**
 * POST machineactions/{id}/cancel. With `loses`, it is answered like any other and changes
 * nothing.
 */
export function cancelAction(tenant: Tenant, call: Call, id: string, loses: boolean): Answer {
  const access = authorize(tenant, call, ["Machine.LiveResponse"]);
  if (access.kind === "refused") return access.answer;
  const action = shownAction(tenant, id, call.nowMs);
  if (action === null) return unknownAction(tenant, id);
  const { requestor } = access.caller;
  if (action.requestor !== requestor) {
    complain(tenant, `${requestor} cancelled an action of ${action.requestor}`);
  }
  if (action.end !== null) {
    const code = tenant.rules.switches.cancelRefusalCode;
    return apiError(tenant, 400, code, `The action is ${action.end.status} already`);
  }
  if (action.cancel === null) {
    const atMs = call.nowMs;
    const effectiveAtMs = loses ? null : cancelTakesEffectAtMs(tenant, action, atMs);
    action.cancel = { atMs, requestor, comment: commentOf(call), effectiveAtMs };
    tenant.changed = true;
    if (effectiveAtMs === atMs) finish(tenant, action, { status: "Cancelled", atMs });
  }
  return odata(200, "MachineActions/$entity", actionEntity(tenant, action, call.nowMs));
}

function cancelTakesEffectAtMs(tenant: Tenant, action: ActionRecord, nowMs: number): number | null {
  const { rules } = tenant;
  if (action.pickedUpAtMs === null) return nowMs;
  if (rules.switches.cancelWhileRunning === "runsOn") return null;
  return nowMs + rules.drawMs(rules.timings.cancelSeconds, "cancel", action.ordinal);
}

function commentOf(call: Call): string | null {
  const body = parseJson(call.body);
  const comment = isRecord(body) ? body["Comment"] : null;
  return typeof comment === "string" ? comment : null;
}

/** An action that GET by id already knows. */
function visibleAction(tenant: Tenant, id: string, nowMs: number): ActionRecord | null {
  const action = actionCalled(tenant, id);
  return action !== null && action.visibleAtMs <= nowMs ? action : null;
}

/** An action that GET by id or the list already knows: what a client was shown it may cancel. */
function shownAction(tenant: Tenant, id: string, nowMs: number): ActionRecord | null {
  const action = actionCalled(tenant, id);
  return action !== null && Math.min(action.visibleAtMs, action.listedAtMs) <= nowMs
    ? action
    : null;
}

function actionCalled(tenant: Tenant, id: string): ActionRecord | null {
  return tenant.state.actions.find((candidate) => candidate.id === id.toLowerCase()) ?? null;
}

function unknownAction(tenant: Tenant, id: string): Answer {
  return apiError(tenant, 404, "ResourceNotFound", `Machine action ${id} was not found`);
}

import { changeLibrary } from "./library-changes.ts";
import { thereAtMs } from "./machines.ts";
import { scheduleFor } from "./schedule.ts";
import type { ActionEnd, ActionRecord, CommandRun, SimulatedCommand } from "./state.ts";
import { machineOf } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/** Brings every open action and the library up to `nowMs`. To be called before anything is read or changed. */
export function advance(tenant: Tenant, nowMs: number): void {
  for (const action of tenant.open) {
    settle(tenant, action, nowMs);
    if (action.end !== null) tenant.open.delete(action);
  }
  changeLibrary(tenant, nowMs);
}

function settle(tenant: Tenant, action: ActionRecord, nowMs: number): void {
  if (action.schedule === null) takeUp(tenant, action, nowMs);
  if (action.schedule === null) return;
  const { end } = action.schedule;
  const stopsAtMs = action.cancel?.effectiveAtMs ?? null;
  if (stopsAtMs !== null && stopsAtMs < end.atMs) {
    if (stopsAtMs <= nowMs) finish(tenant, action, { status: "Cancelled", atMs: stopsAtMs });
  } else if (end.atMs <= nowMs) {
    finish(tenant, action, end);
  }
}

/**
 * Pending ends when the machine is there to take the action up, or when the queue gives up on it.
 */
function takeUp(tenant: Tenant, action: ActionRecord, nowMs: number): void {
  const machine = machineOf(tenant, action);
  const atMs = machine === null ? null : thereAtMs(tenant, machine, action.pickupAtMs);
  if (machine !== null && atMs !== null && atMs <= nowMs && atMs < action.expiresAtMs) {
    action.pickedUpAtMs = atMs;
    action.schedule = scheduleFor(tenant, machine, action, atMs);
    tenant.changed = true;
  } else if (action.expiresAtMs <= nowMs) {
    const status = tenant.rules.switches.timeOutMeans === "execution" ? "Failed" : "TimeOut";
    finish(tenant, action, { status, atMs: action.expiresAtMs });
  }
}

/** Ends an open action. */
export function finish(tenant: Tenant, action: ActionRecord, end: ActionEnd): void {
  action.end = end;
  tenant.open.delete(action);
  tenant.changed = true;
}

export function statusOf(action: ActionRecord): string {
  if (action.end !== null) return action.end.status;
  return action.pickedUpAtMs === null ? "Pending" : "InProgress";
}

/** Open actions of one scope that count against the session cap. */
export function sessionsOf(tenant: Tenant, scope: string): ActionRecord[] {
  const pendingCounts = tenant.rules.switches.pendingCountsAsSession;
  return [...tenant.open].filter(
    (action) => action.scope === scope && (pendingCounts || action.pickedUpAtMs !== null),
  );
}

/** One command as it stands at `nowMs`. */
export interface CommandView {
  readonly command: SimulatedCommand;
  readonly status: string;
  readonly startAtMs: number | null;
  readonly endAtMs: number | null;
  readonly error: string | null;
  /** The run behind it, once it has ended. */
  readonly ended: CommandRun | null;
}

export function commandViews(tenant: Tenant, action: ActionRecord, nowMs: number): CommandView[] {
  const untilMs = Math.min(nowMs, action.end?.atMs ?? nowMs);
  return action.commands.map((command, index) => {
    const run = action.schedule?.runs[index];
    const never = { command, startAtMs: null, endAtMs: null, error: null, ended: null };
    if (run === undefined) {
      const stopped = action.end !== null && action.end.status !== "Cancelled";
      return { ...never, status: stopped ? tenant.rules.switches.neverRunStatus : "Created" };
    }
    const { startAtMs, endAtMs, error } = run;
    if (startAtMs > untilMs) return { ...never, status: "Created" };
    if (endAtMs > untilMs) return { ...never, startAtMs, status: "Created" };
    const status = error === null ? "Completed" : "Failed";
    return { command, status, startAtMs, endAtMs, error, ended: run };
  });
}

/** The entity as the API shows it at `nowMs`; member order as in published responses. */
export function actionEntity(
  tenant: Tenant,
  action: ActionRecord,
  nowMs: number,
): Record<string, unknown> {
  const { switches } = tenant.rules;
  const views = commandViews(tenant, action, nowMs);
  const bad = action.end?.status === "Failed" || action.end?.status === "TimeOut";
  const time = (atMs: number | null) => (atMs === null ? null : wireTime(atMs, action.ordinal));
  return {
    id: action.id,
    type: "LiveResponse",
    title: null,
    requestor: action.requestor,
    requestorComment: action.comment,
    status: statusOf(action),
    machineId: action.machineId,
    computerDnsName: machineOf(tenant, action)?.computerDnsName ?? null,
    creationDateTimeUtc: time(action.createdAtMs),
    lastUpdateDateTimeUtc: time(lastUpdateAtMs(action, views)),
    cancellationRequestor: action.cancel?.requestor ?? null,
    cancellationComment: action.cancel?.comment ?? null,
    cancellationDateTimeUtc: time(action.cancel?.atMs ?? null),
    errorHResult: bad ? switches.failureHResult : 0,
    scope: null,
    externalId: action.externalId,
    requestSource: "PublicApi",
    relatedFileInfo: null,
    commands: views.map((view, index) => ({
      index,
      startTime: time(view.startAtMs),
      endTime: time(view.endAtMs),
      commandStatus: view.status,
      errors: view.error === null ? [] : [wireError(tenant, view.error)],
      command: wireCommand(view.command),
    })),
    troubleshootInfo: switches.troubleshootInfo,
  };
}

/** Seven fraction digits, as on the wire; the last four tell actions apart and mean nothing. */
export function wireTime(atMs: number, ordinal: number): string {
  const digits = String((ordinal * 7_919) % 10_000).padStart(4, "0");
  return new Date(atMs).toISOString().replace("Z", `${digits}Z`);
}

function lastUpdateAtMs(action: ActionRecord, views: readonly CommandView[]): number {
  if (action.end !== null) return action.end.atMs;
  const times = views.flatMap((view) => [view.startAtMs ?? 0, view.endAtMs ?? 0]);
  return Math.max(action.createdAtMs, action.pickedUpAtMs ?? 0, action.cancel?.atMs ?? 0, ...times);
}

function wireError(tenant: Tenant, error: string): string | Record<string, string> {
  if (tenant.rules.switches.commandErrors === "strings") return error;
  return { code: "CommandFailed", message: error };
}

function wireCommand(command: SimulatedCommand): Record<string, unknown> {
  switch (command.type) {
    case "PutFile":
      return { type: "PutFile", params: [pair("FileName", command.fileName)] };
    case "RunScript": {
      const params = [pair("ScriptName", command.scriptName)];
      if (command.args !== null) params.push(pair("Args", command.args));
      return { type: "RunScript", params };
    }
    case "GetFile":
      return { type: "GetFile", params: [pair("Path", command.path)] };
  }
}

function pair(key: string, value: string): { readonly key: string; readonly value: string } {
  return { key, value };
}

import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import type { SubmissionAnswer } from "../../shared/ledger/sequence/submission.ts";
import type { Random, Reply } from "../../shared/ports.ts";

/** How the tenant behaves; milliseconds. */
export interface TenantRules {
  readonly callsPerWindow: number;
  readonly windowMs: number;
  /** Questions for single actions are let in up to this; lrq spends less on its own account. */
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  readonly maxSessions: number;
  /** Length of a session, evenly between the two, and for one machine always the same. */
  readonly sessionMs: readonly [number, number];
  /** True for machines that never answer: their actions stay Pending until they are cancelled. */
  readonly isOffline: (machineId: string) => boolean;
}

/** A Defender tenant that stays quick with a hundred thousand actions. */
export interface BenchTenant {
  /** Every POST, whatever became of it. */
  readonly arrivals: readonly number[];
  /** When each machine's action was let in, the first time. */
  readonly startedAtMs: ReadonlyMap<string, number>;
  /** When each action that ran ended or will end, by machine. */
  readonly endsAtMs: ReadonlyMap<string, number>;
  /** POSTs let in. */
  readonly starts: readonly number[];
  readonly counts: { overSessions: number; listCalls: number; cancels: number };
  /** Every question for a single action, whatever became of it. */
  readonly gets: readonly number[];
  submit(machineId: string, comment: string | null): SubmissionAnswer;
  listActions(sinceMs: number): Reply<readonly MachineAction[]>;
  listPending(): Reply<readonly MachineAction[]>;
  getAction(actionId: string): Reply<MachineAction>;
  cancel(actionId: string): Reply<null>;
}

interface Action {
  readonly id: string;
  readonly machineId: string;
  readonly comment: string | null;
  readonly createdAtMs: number;
  /** From then on it is InProgress; never on a machine that is offline. */
  readonly begunAtMs: number;
  endMs: number;
  isCancelled: boolean;
}

/** From the POST to InProgress on a machine that is there: as the simulator has it. */
export const PENDING_MS = [5_000, 25_000] as const;
const CANCEL_MS = 2_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** An empty tenant. Every call is counted and judged in the instant it arrives. */
export function createBenchTenant(
  rules: TenantRules,
  nowMs: () => number,
  random: Random,
): BenchTenant {
  const arrivals: number[] = [];
  const starts: number[] = [];
  const gets: number[] = [];
  const startedAtMs = new Map<string, number>();
  const endsAtMs = new Map<string, number>();
  const actions: Action[] = [];
  const byId = new Map<string, Action>();
  const counts = { overSessions: 0, listCalls: 0, cancels: 0 };
  let open: Action[] = [];
  /** True if the last of these calls is one too many: all count, let in or not. */
  const isOver = (calls: readonly number[], limit: number, windowMs: number) =>
    nowMs() - (calls.at(-1 - limit) ?? Number.NEGATIVE_INFINITY) < windowMs;
  const sweep = () => {
    open = open.filter((each) => each.endMs > nowMs());
  };
  const between = (from: number, to: number) => from + (to - from) * random.fraction();
  const described = (action: Action) => describe(action, nowMs());
  const create = (machineId: string, comment: string | null): Action => {
    const createdAtMs = nowMs();
    const isOffline = rules.isOffline(machineId);
    const lengthMs = lengthOf(machineId, rules.sessionMs);
    const action: Action = {
      id: `action-${actions.length + 1}`,
      machineId,
      comment,
      createdAtMs,
      begunAtMs: isOffline ? Infinity : createdAtMs + Math.min(lengthMs, between(...PENDING_MS)),
      endMs: isOffline ? Infinity : createdAtMs + lengthMs,
      isCancelled: false,
    };
    actions.push(action);
    byId.set(action.id, action);
    open.push(action);
    starts.push(createdAtMs);
    if (!startedAtMs.has(machineId)) startedAtMs.set(machineId, createdAtMs);
    if (!isOffline) endsAtMs.set(machineId, action.endMs);
    return action;
  };
  return {
    arrivals,
    starts,
    gets,
    startedAtMs,
    endsAtMs,
    counts,
    submit: (machineId, comment) => {
      sweep();
      arrivals.push(nowMs());
      if (isOver(arrivals, rules.callsPerWindow, rules.windowMs)) {
        return { kind: "throttled", retryAfterMs: null };
      }
      if (open.some((each) => each.machineId === machineId)) return { kind: "machineBusy" };
      if (open.length >= rules.maxSessions) {
        counts.overSessions += 1;
        return { kind: "throttled", retryAfterMs: null };
      }
      const { id } = create(machineId, comment);
      return { kind: "accepted", actionId: id, comment };
    },
    listActions: (sinceMs) => {
      counts.listCalls += 1;
      const young = actions.slice(firstSince(actions, sinceMs));
      return { kind: "answered", value: young.map(described).toReversed() };
    },
    listPending: () => {
      counts.listCalls += 1;
      sweep();
      const pending = open.filter((each) => each.begunAtMs > nowMs());
      return { kind: "answered", value: pending.map(described).toReversed() };
    },
    getAction: (actionId) => {
      gets.push(nowMs());
      const { readsPerMinute, readsPerHour } = rules;
      if (isOver(gets, readsPerMinute, MINUTE_MS) || isOver(gets, readsPerHour, HOUR_MS)) {
        return { kind: "throttled", retryAfterMs: null };
      }
      const action = byId.get(actionId);
      if (action === undefined) return { kind: "absent", detail: "no such action" };
      return { kind: "answered", value: described(action) };
    },
    cancel: (actionId) => {
      counts.cancels += 1;
      const action = byId.get(actionId);
      if (action === undefined) return { kind: "absent", detail: "no such action" };
      if (action.endMs > nowMs() + CANCEL_MS) {
        action.endMs = nowMs() + CANCEL_MS;
        action.isCancelled = true;
      }
      return { kind: "answered", value: null };
    },
  };
}

/**
 * How long a session on this machine takes. Ids are hashes, so all lengths between the two are
 * equally likely.
 */
export function lengthOf(
  machineId: string,
  [shortestMs, longestMs]: TenantRules["sessionMs"],
): number {
  const share = Number.parseInt(machineId.slice(-8), 16) / 2 ** 32;
  return shortestMs + (longestMs - shortestMs) * share;
}

/** Actions lie in the order of their creation, so the younger ones are found by halving. */
function firstSince(actions: readonly Action[], sinceMs: number): number {
  let low = 0;
  let high = actions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((actions[middle]?.createdAtMs ?? 0) < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function describe(action: Action, nowMs: number): MachineAction {
  const { id, comment, machineId, createdAtMs, begunAtMs, endMs, isCancelled } = action;
  const isOver = endMs <= nowMs;
  const hasBegun = begunAtMs <= nowMs && !(isCancelled && endMs <= begunAtMs);
  const status = isOver
    ? isCancelled
      ? "Cancelled"
      : "Succeeded"
    : hasBegun
      ? "InProgress"
      : "Pending";
  const command = {
    index: 0,
    type: "PutFile",
    status: status === "Succeeded" ? "Completed" : "Created",
    startedAtMs: hasBegun ? begunAtMs : null,
    endedAtMs: status === "Succeeded" ? endMs : null,
    errors: [],
  };
  return {
    id,
    status,
    comment,
    requestor: "lrq",
    machineId,
    createdAtMs,
    updatedAtMs: nowMs,
    commands: [command],
  };
}

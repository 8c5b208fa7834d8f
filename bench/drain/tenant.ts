import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import type { SubmissionAnswer } from "../../shared/ledger/sequence/submission.ts";
import type { Random, Reply } from "../../shared/ports.ts";
import { createActions, type Action, type ActionRules } from "./actions.ts";

/** How the tenant behaves; milliseconds. */
export interface TenantRules extends ActionRules {
  readonly callsPerWindow: number;
  readonly windowMs: number;
  /** Questions for single actions are let in up to this; lrq spends less on its own account. */
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  readonly maxSessions: number;
  /** What each action does; of a GetFile that has completed there is a result. */
  readonly command: "PutFile" | "GetFile";
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
  /** An address that names the machine. */
  link(actionId: string): Reply<string>;
}

const CANCEL_MS = 2_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** An empty tenant. Every call is counted and judged in the instant it arrives. */
export function createBenchTenant(
  rules: TenantRules,
  nowMs: () => number,
  random: Random,
): BenchTenant {
  const actions = createActions(rules, nowMs, random);
  const { starts, startedAtMs, endsAtMs } = actions;
  const arrivals: number[] = [];
  const gets: number[] = [];
  const counts = { overSessions: 0, listCalls: 0, cancels: 0 };
  const described = (each: Action): MachineAction => describe(each, rules.command, nowMs());
  const list = (some: readonly Action[]): Reply<readonly MachineAction[]> => {
    counts.listCalls += 1;
    return { kind: "answered", value: some.map(described).toReversed() };
  };
  return {
    arrivals,
    starts,
    gets,
    startedAtMs,
    endsAtMs,
    counts,
    submit: (machineId, comment) => {
      arrivals.push(nowMs());
      if (isLastOver(arrivals, rules.callsPerWindow, rules.windowMs)) return THROTTLED;
      const open = actions.open();
      if (open.some((each) => each.machineId === machineId)) return { kind: "machineBusy" };
      if (open.length >= rules.maxSessions) {
        counts.overSessions += 1;
        return THROTTLED;
      }
      return { kind: "accepted", actionId: actions.create(machineId, comment).id, comment };
    },
    listActions: (sinceMs) => list(actions.since(sinceMs)),
    listPending: () => list(actions.open().filter((each) => each.begunAtMs > nowMs())),
    getAction: (actionId) => {
      gets.push(nowMs());
      if (isLastOver(gets, rules.readsPerMinute, MINUTE_MS)) return THROTTLED;
      if (isLastOver(gets, rules.readsPerHour, HOUR_MS)) return THROTTLED;
      return answerOn(actions.find(actionId), described);
    },
    cancel: (actionId) => {
      counts.cancels += 1;
      return answerOn(actions.find(actionId), (action) => endBy(action, nowMs() + CANCEL_MS));
    },
    link: (actionId) => answerOn(actions.find(actionId), ({ machineId }) => machineId),
  };
}

const THROTTLED = { kind: "throttled", retryAfterMs: null } as const;

/** True if the last of these calls is one too many: all count, let in or not. */
function isLastOver(calls: readonly number[], limit: number, windowMs: number): boolean {
  const [before, last] = [calls.at(-1 - limit), calls.at(-1)];
  return before !== undefined && last !== undefined && last - before < windowMs;
}

function answerOn<T>(action: Action | undefined, answer: (action: Action) => T): Reply<T> {
  if (action === undefined) return { kind: "absent", detail: "no such action" };
  return { kind: "answered", value: answer(action) };
}

/** Cancels an action that would go on for longer. */
function endBy(action: Action, endMs: number): null {
  if (action.endMs > endMs) {
    action.endMs = endMs;
    action.isCancelled = true;
  }
  return null;
}

/** As a list shows it, with whole milliseconds: rows hold no others. */
function describe(action: Action, type: TenantRules["command"], nowMs: number): MachineAction {
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
    type,
    status: status === "Succeeded" ? "Completed" : "Created",
    startedAtMs: hasBegun ? Math.floor(begunAtMs) : null,
    endedAtMs: status === "Succeeded" ? Math.floor(endMs) : null,
    errors: [],
    parameters: null,
  };
  return {
    id,
    status,
    comment,
    requestor: "lrq",
    machineId,
    createdAtMs: Math.floor(createdAtMs),
    updatedAtMs: Math.floor(nowMs),
    commands: [command],
  };
}

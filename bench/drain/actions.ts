import type { Random } from "../../shared/ports.ts";

/** How live responses go; milliseconds. */
export interface ActionRules {
  /** Length of a session, evenly between the two, and for one machine always the same. */
  readonly sessionMs: readonly [number, number];
  /** True for machines that never answer: their actions stay Pending until they are cancelled. */
  readonly isOffline: (machineId: string) => boolean;
}

export interface Action {
  readonly id: string;
  readonly machineId: string;
  readonly comment: string | null;
  readonly createdAtMs: number;
  /** From then on it is InProgress; never on a machine that is offline. */
  readonly begunAtMs: number;
  endMs: number;
  isCancelled: boolean;
}

/** All actions of a tenant, which stay quick to find when there are a hundred thousand. */
export interface Actions {
  /** When each was created. */
  readonly starts: readonly number[];
  /** When each machine's action was created, the first time. */
  readonly startedAtMs: ReadonlyMap<string, number>;
  /** When each action that ran ended or will end, by machine. */
  readonly endsAtMs: ReadonlyMap<string, number>;
  create(machineId: string, comment: string | null): Action;
  find(actionId: string): Action | undefined;
  /** Those that have not ended, in the order of their creation. */
  open(): readonly Action[];
  /** Those created since then, in the order of their creation. */
  since(sinceMs: number): readonly Action[];
}

/** From the POST to InProgress on a machine that is there: as the simulator has it. */
export const PENDING_MS = [5_000, 25_000] as const;

/** No actions yet. */
export function createActions(rules: ActionRules, nowMs: () => number, random: Random): Actions {
  const starts: number[] = [];
  const startedAtMs = new Map<string, number>();
  const endsAtMs = new Map<string, number>();
  const all: Action[] = [];
  const byId = new Map<string, Action>();
  let open: Action[] = [];
  return {
    starts,
    startedAtMs,
    endsAtMs,
    create: (machineId, comment) => {
      const id = `action-${all.length + 1}`;
      const action = { id, machineId, comment, ...newCourse(machineId, rules, nowMs(), random) };
      all.push(action);
      byId.set(id, action);
      open.push(action);
      starts.push(action.createdAtMs);
      if (!startedAtMs.has(machineId)) startedAtMs.set(machineId, action.createdAtMs);
      if (Number.isFinite(action.endMs)) endsAtMs.set(machineId, action.endMs);
      return action;
    },
    find: (actionId) => byId.get(actionId),
    open: () => {
      open = open.filter((each) => each.endMs > nowMs());
      return open;
    },
    since: (sinceMs) => all.slice(firstSince(all, sinceMs)),
  };
}

/** When an action that is created now begins and ends, if nobody cancels it. */
function newCourse(
  machineId: string,
  { sessionMs, isOffline }: ActionRules,
  createdAtMs: number,
  random: Random,
): Pick<Action, "createdAtMs" | "begunAtMs" | "endMs" | "isCancelled"> {
  if (isOffline(machineId)) {
    return { createdAtMs, begunAtMs: Infinity, endMs: Infinity, isCancelled: false };
  }
  const lengthMs = lengthOf(machineId, sessionMs);
  const [shortestMs, longestMs] = PENDING_MS;
  const pendingMs = shortestMs + (longestMs - shortestMs) * random.fraction();
  const begunAtMs = createdAtMs + Math.min(lengthMs, pendingMs);
  return { createdAtMs, begunAtMs, endMs: createdAtMs + lengthMs, isCancelled: false };
}

/**
 * How long a session on this machine takes. Ids are hashes, so all lengths between the two are
 * equally likely.
 */
export function lengthOf(
  machineId: string,
  [shortestMs, longestMs]: ActionRules["sessionMs"],
): number {
  const share = Number.parseInt(machineId.slice(-8), 16) / 2 ** 32;
  return shortestMs + (longestMs - shortestMs) * share;
}

/** They lie in the order of their creation, so the younger ones are found by halving. */
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

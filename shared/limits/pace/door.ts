import type { Budget } from "./budget.ts";

const UNREACHABLE_REST_MS = 5_000;

/**
 * The door is open, because something succeeded or was refused for another reason. An answer that
 * came (`latestMs`) while the door was closed belongs to an earlier POST, and says nothing of the
 * door now.
 */
export function openDoor(budget: Budget, latestMs: number): Budget {
  if (latestMs < budget.door.closedUntilMs) return budget;
  return { ...budget, door: { ...budget.door, step: 0, untried: false } };
}

/**
 * A POST could not leave; that costs no call. The next would fail as well, and each try takes two
 * transactions. So the door closes for a moment, and then one goes first.
 */
export function couldNotLeave(budget: Budget, latestMs: number): Budget {
  const closedUntilMs = latestMs + UNREACHABLE_REST_MS;
  if (closedUntilMs <= budget.door.closedUntilMs) return budget;
  const door = { ...budget.door, closedUntilMs, untried: true, closedBy: "unreachable" } as const;
  return { ...budget, door };
}

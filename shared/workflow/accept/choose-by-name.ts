import { isoOf } from "../../ledger/row/instant.ts";
import type { Machine } from "../../ports.ts";

/** The result of choosing among the machines of one name. */
export type NamedChoice =
  | { readonly kind: "one"; readonly machine: Machine }
  /** None of them exists any more; all were merged into this one. */
  | { readonly kind: "merged"; readonly into: string }
  | { readonly kind: "several"; readonly reason: string }
  | { readonly kind: "none" };

/** The most machines that one reason lists, so that people can read it. Our own bound. */
const NAMED_MAX = 5;

/**
 * The one onboarded machine among these, which have one name. If there are several, only the sender
 * can choose, and the reason says how they differ. A machine that was merged into another one is
 * not chosen.
 */
export function chooseByName(machines: readonly Machine[]): NamedChoice {
  const onboarded = machines.filter((each) => each.onboarded);
  const there = onboarded.filter(({ mergedInto }) => mergedInto === null);
  const [only] = there;
  if (only !== undefined) {
    return there.length === 1
      ? { kind: "one", machine: only }
      : { kind: "several", reason: severalReason(there) };
  }
  const [into, ...others] = new Set(machines.flatMap(({ mergedInto }) => mergedInto ?? []));
  return into === undefined || others.length > 0 ? { kind: "none" } : { kind: "merged", into };
}

function severalReason(machines: readonly Machine[]): string {
  const newest = machines.toSorted((a, b) => (b.lastSeenAtMs ?? 0) - (a.lastSeenAtMs ?? 0));
  const told = newest.slice(0, NAMED_MAX).map(whichIs);
  const more = machines.length - told.length;
  const rest = more > 0 ? `, and ${more} more` : "";
  return `Several machines have this name; send the id of one: ${told.join("; ")}${rest}.`;
}

function whichIs({ machineId, name, health, lastSeenAtMs }: Machine): string {
  const seen = lastSeenAtMs === null ? "never seen" : `last seen ${isoOf(lastSeenAtMs)}`;
  return `${machineId} (${name ?? "unnamed"}, ${health ?? "health unknown"}, ${seen})`;
}

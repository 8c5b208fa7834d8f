import { isoOf } from "../../ledger/row/instant.ts";
import type { Machine } from "../../ports.ts";

/** The result of choosing among machines by a name. */
export type NamedChoice =
  /** `isOtherName`: its whole name is another one than the one looked for. */
  | { readonly kind: "one"; readonly machine: Machine; readonly isOtherName: boolean }
  /** None of them exists any more; all were merged into this one. */
  | { readonly kind: "merged"; readonly into: string }
  /** None of them is it for certain; the reason is for the sender. */
  | { readonly kind: "none"; readonly reason: string };

/** Why nothing is sent to a machine that Defender knows and does not manage. */
export const NOT_ONBOARDED =
  "Defender knows it, but it is not onboarded, so nothing can be started on it.";
const NO_MACHINE = "No onboarded machine has exactly this name.";

/** The most machines that one reason lists, so that people can read it. Our own bound. */
const NAMED_MAX = 5;

/**
 * The machine that is meant by `name`, among those whose first label is that of the name. If any
 * has the whole name, no other is meant, although the others may be onboarded and that one is not.
 * If none has it, the sender's domain may be another one than Defender's: then it is the machine
 * with that first label, if there is only one. A name without a dot fits every domain, and only
 * onboarded machines count.
 */
export function chooseByName(alike: readonly Machine[], name: string): NamedChoice {
  const whole = alike.filter((each) => wholeName(each) === name);
  const isShort = !name.includes(".");
  const isFree = isShort && (whole.length === 0 || whole.some(isThere));
  if (isFree) return among(alike, NO_MACHINE);
  if (whole.length > 0) return among(whole, NOT_ONBOARDED);
  const choice = among(alike, NO_MACHINE);
  if (choice.kind === "none") return choice;
  const rivals = alike.filter(({ mergedInto }) => mergedInto === null).map(wholeName);
  const found = choice.kind === "one" ? wholeName(choice.machine) : null;
  if (rivals.some((each) => each !== found)) return none(severalReason(alike));
  return choice.kind === "one" ? { ...choice, isOtherName: true } : choice;
}

function isThere({ onboarded, mergedInto }: Machine): boolean {
  return onboarded && mergedInto === null;
}

/** Defender's name without the dot that closes a complete DNS name. */
function wholeName({ name }: Machine): string {
  return (name ?? "").replace(/\.$/, "");
}

/**
 * The one onboarded machine among these. If there are several, only the sender can choose, and the
 * reason says how they differ. A machine that was merged into another one is not chosen.
 */
function among(machines: readonly Machine[], noneReason: string): NamedChoice {
  const there = machines.filter(isThere);
  const [only] = there;
  if (only !== undefined) {
    if (there.length > 1) return none(severalReason(there));
    return { kind: "one", machine: only, isOtherName: false };
  }
  const [into, ...others] = new Set(machines.flatMap(({ mergedInto }) => mergedInto ?? []));
  if (into === undefined) return none(noneReason);
  return others.length > 0 ? none(MERGED_APART) : { kind: "merged", into };
}

const MERGED_APART = "Defender has merged the machines of this name into several; send an id.";

function none(reason: string): NamedChoice {
  return { kind: "none", reason };
}

function severalReason(machines: readonly Machine[]): string {
  const newest = machines.toSorted((a, b) => (b.lastSeenAtMs ?? 0) - (a.lastSeenAtMs ?? 0));
  const told = newest.slice(0, NAMED_MAX).map(whichIs);
  const more = machines.length - told.length;
  const rest = more > 0 ? `, and ${more} more` : "";
  return `Several machines have this name; send the id of one: ${told.join("; ")}${rest}.`;
}

function whichIs({ machineId, name, health, lastSeenAtMs, onboarded }: Machine): string {
  const seen = lastSeenAtMs === null ? "never seen" : `last seen ${isoOf(lastSeenAtMs)}`;
  const state = onboarded ? (health ?? "health unknown") : "not onboarded";
  return `${machineId} (${name ?? "unnamed"}, ${state}, ${seen})`;
}

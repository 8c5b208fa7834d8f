import { MAX_LABEL_CHARACTERS } from "./bounds.ts";
import type { SkippedMachine } from "./incident.ts";
import { oneLine } from "./text.ts";

/** A machine that lrq cannot look for: all that the sender wrote of it, and why. */
export interface Unusable {
  /** Its names and ids, uncut. Two machines are one only if this is the same. */
  readonly said: string;
  /** What people know it by, if that is not all that was said. */
  readonly shownAs?: string;
  readonly reason: string;
}

/**
 * Each of them once, by a name as one line that a person can read. If different ones become the
 * same line, each stays, and its reason says so.
 */
export function labelled(all: readonly Unusable[]): SkippedMachine[] {
  const each = [...new Map(all.map((one) => [one.said.trim(), one])).values()];
  const labels = each.map(({ said, shownAs }) => labelOf(shownAs ?? said));
  return each.map(({ reason }, at) => {
    const machine = labels[at] ?? "";
    const same = labels.filter((label) => label === machine).length;
    return { machine, reason: same === 1 ? reason : `${reason} ${sameLine(same)}` };
  });
}

function labelOf(text: string): string {
  return oneLine(text, MAX_LABEL_CHARACTERS) || "unnamed machine";
}

function sameLine(count: number): string {
  return `The sender named ${count} machines that look like this here.`;
}

import type { Caller } from "../../shared/access/caller.ts";
import type { Reading } from "../../shared/workflow/view/describe-run.ts";
import type { Cancelling } from "../../shared/workflow/operate/cancel-run.ts";
import { callersOf, keyHash } from "./callers.ts";

/** All of a run, for somebody of this name; without what scripts wrote. */
export function wholeFor(by: string): Cancelling & Reading["reach"] {
  return { by, covers: () => true, isWhole: true, seesOutput: false };
}

/** A run for somebody who may see all of it but what scripts wrote. */
export function reading(approvers: readonly Caller[] = []): Reading {
  return { reach: wholeFor("reader"), approvers, whyApproval: () => "it is so" };
}

/** A caller of this name whose rights reach the runs of every team. */
export function ofEveryTeam(name: string): Caller {
  const setting = { name, key: keyHash(name), all: true, may: ["operate", "run.read"] };
  const [caller] = callersOf([setting]);
  if (caller === undefined) throw new Error(`no caller can have the name ${name}`);
  return caller;
}

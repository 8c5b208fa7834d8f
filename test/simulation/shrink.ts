import { BAD_ANSWERS } from "./bad-answers.ts";
import { CUT, FAULT_KINDS, METHODS, type Fault } from "./faults.ts";
import { INVARIANTS, type Invariant, type Violation } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";
import { simulate, type Outcome, type SimulateOptions } from "./simulate.ts";

/** A failure made as small as dropping faults one at a time makes it. */
export interface Shrunk {
  readonly faults: readonly Fault[];
  readonly violation: Violation;
}

const RUNS_MAX = 200;

/**
 * Drops faults one at a time for as long as the same invariant breaks. A dropped fault moves the
 * calls after it, so this finds a short plan, not always the shortest.
 */
export async function shrink(
  scenario: Scenario,
  { injected, violation }: Outcome,
  options: SimulateOptions = {},
): Promise<Shrunk> {
  if (violation === null) throw new Error("nothing is broken");
  let found: Shrunk = { faults: injected, violation };
  let runs = 0;
  for (let index = injected.length - 1; index >= 0 && runs < RUNS_MAX; index -= 1) {
    const fewer = found.faults.filter((_, at) => at !== index);
    runs += 1;
    const broken = await brokenBy(scenario, fewer, options);
    if (broken?.invariant === violation.invariant) found = { faults: fewer, violation: broken };
  }
  return found;
}

async function brokenBy(
  scenario: Scenario,
  exactly: readonly Fault[],
  options: SimulateOptions,
): Promise<Violation | null> {
  const { violation } = await simulate(scenario, { ...options, exactly });
  return violation;
}

/** What a person needs to know of a failure: which promise, by what, and how to see it again. */
export function report(seed: number, { faults, violation }: Shrunk): string {
  const words: Record<Invariant, string> = INVARIANTS;
  const plan = faults.map(({ method, call, kind }) => `${method}#${call}=${kind}`).join(" ");
  return [
    `seed ${seed} breaks "${words[violation.invariant]}"`,
    `  after ${(violation.atMs / 1_000).toFixed(1)} s: ${violation.detail}`,
    `  faults (${faults.length}): ${plan === "" ? "none" : plan}`,
    `  replay: npm run simulate -- --seed ${seed} --faults "${plan}" --trace`,
  ].join("\n");
}

/** A plan as `report` writes it. Throws on anything else. */
export function planIn(text: string): Fault[] {
  return text
    .split(" ")
    .filter((each) => each !== "")
    .map((each) => {
      const [, name, call, word] = /^([\w.]+)#(\d+)=(\w+)$/.exec(each) ?? [];
      const method = METHODS.find((known) => known === name);
      const kind = [...FAULT_KINDS, CUT, ...BAD_ANSWERS].find((known) => known === word);
      if (method === undefined || kind === undefined) throw new Error(`not a fault: ${each}`);
      return { method, call: Number(call), kind };
    });
}

import type { Scenario, ScenarioMachine, Span } from "./scenario.ts";
import { between, chance, oneOf, stream } from "./streams.ts";

const DRAWN_SHARE = 0.25;
const OTHER_SHARE = 0.3;
const SILENT_SHARE = 0.6;
const SILENT_FROM_MS = 120_000;
const SILENT_FOR_MS = 300_000;

const SCOPED_SHARE = 0.3;
const TAGGED_SHARE = 0.4;
const TAGGED_WITHIN_MS = 600_000;
const AGES_MS = [20_000, 60_000, 180_000] as const;

/** What senders get wrong of machines, and when Defender tells nobody of them. */
type Facts = Pick<Scenario, "machines"> & { readonly silent: Span | null };

/** For a share of the seeds: a scope, and machines that come under it while they wait. */
export function drawScope(
  seed: number,
  machines: readonly ScenarioMachine[],
): Pick<Scenario, "machines" | "factsAgeMs"> {
  const random = stream(seed, "scope");
  if (!chance(random, SCOPED_SHARE)) return { machines, factsAgeMs: null };
  const factsAgeMs = oneOf(random, AGES_MS);
  const tagged = machines.map((each) => {
    const offLimitsFromMs = between(random, 0, TAGGED_WITHIN_MS);
    return chance(random, TAGGED_SHARE) ? { ...each, offLimitsFromMs } : each;
  });
  return { machines: tagged, factsAgeMs };
}

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawFacts(seed: number, machines: readonly ScenarioMachine[]): Facts {
  const random = stream(seed, "facts");
  if (!chance(random, DRAWN_SHARE)) return { machines, silent: null };
  const fromMs = between(random, 0, SILENT_FROM_MS);
  const span: Span = [fromMs, fromMs + between(random, 10_000, SILENT_FOR_MS)];
  return {
    machines: machines.map((each) => ({ ...each, isOther: chance(random, OTHER_SHARE) })),
    silent: chance(random, SILENT_SHARE) ? span : null,
  };
}

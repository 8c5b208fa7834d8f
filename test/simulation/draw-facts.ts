import type { Scenario, ScenarioMachine, Span } from "./scenario.ts";
import { between, chance, stream } from "./streams.ts";

const DRAWN_SHARE = 0.25;
const OTHER_SHARE = 0.3;
const SILENT_SHARE = 0.6;
const SILENT_FROM_MS = 120_000;
const SILENT_FOR_MS = 300_000;

/** What senders get wrong of machines, and when Defender tells nobody of them. */
type Facts = Pick<Scenario, "machines"> & { readonly silent: Span | null };

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

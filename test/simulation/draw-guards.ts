import type { Random } from "../../shared/ports.ts";
import type { Arrival, Operation, Scenario } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

/** What stands between an accepted incident and its submission, and who does something about it. */
export interface Guards extends Pick<Scenario, "policy"> {
  readonly operations: readonly Operation[];
  /** Share of commands that fail, so that runs pause; null leaves it to the tenant. */
  readonly failing: number | null;
}

/** Such scenarios take longer, for much of them waits until it expires. */
const GATED_SHARE = 0.2;
/** Runs that pause themselves and are not resumed end when what they hold back expires. */
const RESUMES_MAX = 4;
const RESUMED_WITHIN_MS = 1_200_000;

/** For a share of the seeds; by a stream of its own, so that all others stay as they were. */
export function drawGuards(seed: number, arrivals: readonly Arrival[]): Guards {
  const random = stream(seed, "gates");
  if (!chance(random, GATED_SHARE)) return { policy: null, operations: [], failing: null };
  const first = whole(random, 1, 3);
  const policy = {
    first,
    above: first + whole(random, 0, 5),
    maxFailedShare: oneOf(random, [0, 0.3, 0.5]),
  };
  const failing = oneOf(random, [null, 0.3, 0.6]);
  return { policy, failing, operations: arrivals.flatMap((each) => drawResumes(random, each)) };
}

function drawResumes(random: Random, { incidentId, atMs }: Arrival): Operation[] {
  return Array.from({ length: whole(random, 0, RESUMES_MAX) }, () => {
    const laterMs = between(random, 1_000, RESUMED_WITHIN_MS);
    return { kind: "resumeRun", incidentId, atMs: atMs + laterMs };
  });
}

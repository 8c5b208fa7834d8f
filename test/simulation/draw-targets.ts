import { BAD_QUERIES, GOOD_QUERIES } from "./hunting.ts";
import { steadyMachine, type ScenarioMachine, type Span, type SweepPlan } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

const EVERY_MACHINE = { include: [{ names: ["*"] }] };

const JOINING_SHARE = 0.35;
const JOINS_WITHIN_MS = 840_000;
const LISTED_EVERY_MS = [60_000, 120_000] as const;

/** Machines that somebody onboards later, and rounds that look for new ones every few minutes. */
export function drawJoining(
  seed: number,
  machines: readonly ScenarioMachine[],
): { readonly machines: readonly ScenarioMachine[] } & Pick<SweepPlan, "listedEveryMs"> {
  const random = stream(seed, "joining");
  if (!chance(random, JOINING_SHARE)) return { machines, listedEveryMs: null };
  const late = (number: number): ScenarioMachine => {
    return { ...steadyMachine(number), listedFromMs: between(random, 30_000, JOINS_WITHIN_MS) };
  };
  // Defender lists it before the others, so it moves them from one page to the next.
  const first = chance(random, 0.5) ? [late(0)] : [];
  const last = Array.from({ length: whole(random, 1, 2) }, (_, at) => {
    return late(machines.length + 1 + at);
  });
  return {
    machines: [...first, ...machines, ...last],
    listedEveryMs: oneOf(random, LISTED_EVERY_MS),
  };
}

const QUERY_SHARE = 0.3;
const BAD_SHARE = 0.15;
const FAILING_SHARE = 0.4;
const EXPOSED_SHARE = 0.5;
const CHANGES_WITHIN_MS = 600_000;

/** What a sweep asks for: all machines, or those that a query names, and when nobody answers it. */
export function drawQuery(
  seed: number,
  machines: readonly ScenarioMachine[],
): {
  readonly machines: readonly ScenarioMachine[];
  readonly targets: SweepPlan["definition"]["targets"];
} & Pick<SweepPlan, "hunting"> {
  const random = stream(seed, "query");
  if (!chance(random, QUERY_SHARE)) return { machines, targets: EVERY_MACHINE, hunting: null };
  const query = oneOf(random, chance(random, BAD_SHARE) ? BAD_QUERIES : GOOD_QUERIES);
  const fromMs = between(random, 0, CHANGES_WITHIN_MS / 2);
  const gives = oneOf(random, ["nothing", "some"] as const);
  const span: Span = [fromMs, fromMs + between(random, 30_000, CHANGES_WITHIN_MS / 2)];
  return {
    machines: machines.map((each) => {
      const atMs = between(random, 60_000, CHANGES_WITHIN_MS);
      const exposed = oneOf(random, [
        [0, atMs],
        [atMs, Infinity],
      ] as const);
      return chance(random, EXPOSED_SHARE) ? { ...each, exposed } : each;
    }),
    targets: { ...(chance(random, 0.3) ? EVERY_MACHINE : {}), query },
    hunting: chance(random, FAILING_SHARE) ? { gives, span } : null,
  };
}

const RECENT_SHARE = 0.3;

/** How long a sweep leaves out who it has reached; for most it does not. */
export function drawRecent(seed: number): { readonly notCollectedWithin?: string } {
  const random = stream(seed, "recent");
  if (!chance(random, RECENT_SHARE)) return {};
  return { notCollectedWithin: oneOf(random, ["2m", "5m", "10m"]) };
}

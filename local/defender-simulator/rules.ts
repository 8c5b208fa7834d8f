import { DEFAULT_LIMITS, DEFAULT_TIMINGS } from "./options.ts";
import type { Limits, SimulatorOptions, Timings } from "./options.ts";
import { within } from "./random.ts";
import type { Label } from "./random.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";
import type { Span, Switches } from "./switches.ts";

/**
 * The options with every default filled in, and the one place that turns simulated seconds into
 * real ones.
 */
export interface Rules {
  readonly seed: number;
  readonly limits: Limits;
  readonly timings: Timings;
  readonly switches: Switches;
  /** Real milliseconds that `seconds` simulated seconds take. */
  readonly ms: (seconds: number) => number;
  /** Real milliseconds drawn from a span of simulated seconds. */
  readonly drawMs: (span: Span, ...labels: Label[]) => number;
}

/** Throws on a speed that is not above zero. */
export function rulesFrom(options: SimulatorOptions): Rules {
  const speed = options.clock === undefined ? (options.speed ?? 1) : 1;
  if (!(speed > 0)) throw new Error(`The speed of the simulator is ${speed}; it must be above 0`);
  const ms = (seconds: number) => (seconds * 1_000) / speed;
  return {
    seed: options.seed,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    switches: { ...DEFAULT_SWITCHES, ...options.switches },
    ms,
    drawMs: (span, ...labels) => ms(within(span, options.seed, ...labels)),
  };
}

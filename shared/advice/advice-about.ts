import type { Advice } from "./advice.ts";
import { ATTENTIONS } from "./attentions.ts";
import { OUTCOMES } from "./outcomes.ts";
import { REFUSALS } from "./refusals.ts";
import { WAITS } from "./waits.ts";

// A map: a code that came from outside may be the name of a property that every object has.
const ADVICE: ReadonlyMap<string, Advice> = new Map(
  Object.entries<Advice>({ ...REFUSALS, ...WAITS, ...OUTCOMES, ...ATTENTIONS }),
);

/** The advice about a code of a wait, of an end, or of Defender's; null if lrq has none. */
export function adviceAbout(code: string): Advice | null {
  return ADVICE.get(code) ?? null;
}

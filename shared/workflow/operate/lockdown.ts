import type { Defender } from "../../ports.ts";

const DETAIL = "LOCKDOWN is set: lrq changes nothing at Defender.";

/**
 * Defender with its hands tied: it can be asked, and results can be fetched, but nothing starts and
 * nothing is cancelled. The second fence of a lockdown, behind the drain that claims nothing: it
 * holds for whatever else may call.
 */
export function withoutChanges(defender: Defender): Defender {
  return {
    ...defender,
    submit: async () => ({ kind: "notSent", detail: DETAIL }),
    cancelAction: async () => ({ kind: "unavailable", detail: DETAIL }),
  };
}

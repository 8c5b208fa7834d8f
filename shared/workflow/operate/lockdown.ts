import type { Defender } from "../../ports.ts";

const DETAIL = "LOCKDOWN is set: lrq changes nothing at Defender.";

/**
 * Defender during a lockdown: lrq can ask it and fetch results, but starts nothing and cancels
 * nothing. The first fence of a lockdown is the drain, which claims nothing. This is the second
 * fence, for every other caller.
 */
export function withoutChanges(defender: Defender): Defender {
  return {
    ...defender,
    submit: async () => ({ kind: "notSent", detail: DETAIL }),
    cancelAction: async () => ({ kind: "unavailable", detail: DETAIL }),
  };
}

/** The same while the setting PAUSED is on, but for a cancel, which a pause does not forbid. */
export function withoutSubmissions(defender: Defender): Defender {
  const detail = "PAUSED is set: lrq submits nothing.";
  return { ...defender, submit: async () => ({ kind: "notSent", detail }) };
}

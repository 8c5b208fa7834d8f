import { secondsLeftOfDay, type OverCap } from "../../access/caps.ts";
import { TARGETS_MAX } from "../../ledger/outbox/notice.ts";
import type { SetAside } from "../../ledger/row/set-aside.ts";
import { noteSetAside } from "../../store/set-aside.ts";
import type { Acceptance, AcceptPorts } from "./answer.ts";

// The answers to requests of which nothing was written: caps, counts, size, callbacks.

/** The answer says how many are left, so that the sender can choose. */
export function overCap(
  { clock, log }: AcceptPorts,
  { caller, incident }: { caller: string; incident: { readonly incidentId: string } },
  { cap, limit, left, asked }: OverCap,
): Extract<Acceptance, { kind: "tooManyMachines" | "overCap" }> {
  log("warn", "overCap", { caller, cap, limit, left, asked, incidentId: incident.incidentId });
  const numbers = `The request has ${asked} new machines, and ${left} of ${limit} are left`;
  if (cap === "perIncident") {
    return { kind: "tooManyMachines", detail: `${numbers} to the incident; lrq accepted nothing.` };
  }
  const whose = cap === "perDay" ? "everybody" : `caller ${caller}`;
  const detail = `${numbers} to ${whose} until 00:00 UTC; lrq accepted nothing.`;
  return { kind: "overCap", detail, retryAfterSeconds: secondsLeftOfDay(clock.earliest()) };
}

/**
 * If a cap cannot be judged, nothing passes it: new machines are refused until a person has mended
 * the counts.
 */
export async function uncounted(
  ports: AcceptPorts,
  aside: SetAside,
): Promise<Extract<Acceptance, { kind: "unavailable" }>> {
  await noteSetAside(ports, aside);
  const detail =
    `The row ${aside.key}, the counts of the day, is set aside: ${aside.why}. No cap can be judged, ` +
    "so nothing was accepted. Start the version of the app that wrote the row. If none can read " +
    "it, delete it: then the day begins anew.";
  return { kind: "unavailable", detail };
}

/** One transaction takes no more. */
export function tooLarge(asked: number): Acceptance {
  const detail =
    `lrq cannot accept the commands for ${asked} new machines at once, and accepted nothing. ` +
    "Send fewer machines first, then the others: they join the same run.";
  return { kind: "tooManyMachines", detail };
}

/** A callback that was dropped silently would be missed by nobody but its owner. */
export function tooManyCallbacks(
  runId: string,
  { there, asked }: { readonly there: number; readonly asked: number },
): Acceptance {
  const detail =
    `Run ${runId} has ${there} of at most ${TARGETS_MAX} callbacks, and the request has ${asked} ` +
    "more; lrq accepted nothing. Send it without a callback of its own, or remove callbacks " +
    "from CALLERS.";
  return { kind: "tooManyCallbacks", detail };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Simulator } from "../defender-simulator/simulator.ts";
import { memberFor, type Cast } from "./cast.ts";

/** How often the stage is looked at. */
const POLL_MS = 200;
/**
 * The machine comes back so long after its action began to wait: real time, for people to see it.
 */
const OFFLINE_MS = 10_000;
/** The portal session ends when it has kept us away so often: the second wait is the longer one. */
const PORTAL_REFUSALS = 2;

/** Before the first webhook: one machine off the network, one in somebody's portal session. */
export function setTheStage(simulator: Simulator, cast: Cast): void {
  simulator.setOffline(memberFor(cast, "offline").machineId, true);
  simulator.holdPortalSession(memberFor(cast, "portalSession").machineId, true);
}

/**
 * Lets the machine come back, and the portal session end, each after lrq has met it, however slow
 * this computer is. Ends when both have happened, or with the signal.
 */
export async function direct(simulator: Simulator, cast: Cast, signal: AbortSignal): Promise<void> {
  const offlineId = memberFor(cast, "offline").machineId;
  const portalId = memberFor(cast, "portalSession").machineId;
  let isAway = true;
  let isPortalBusy = true;
  while (!signal.aborted && (isAway || isPortalBusy)) {
    const waiting = simulator.actions().find(({ machineId }) => machineId === offlineId);
    const refused = simulator.arrivals().filter(({ machineId }) => machineId === portalId);
    if (isAway && waiting !== undefined && Date.now() >= waiting.createdAtMs + OFFLINE_MS) {
      simulator.setOffline(offlineId, false);
      isAway = false;
    }
    if (isPortalBusy && refused.length >= PORTAL_REFUSALS) {
      simulator.holdPortalSession(portalId, false);
      isPortalBusy = false;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

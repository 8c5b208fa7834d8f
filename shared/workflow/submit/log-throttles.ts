import { isoOrNull } from "../../ledger/row/instant.ts";
import type { ThrottleFinding } from "../../limits/pace/throttle-finding.ts";
import type { Defender, Log, Ports, Reply } from "../../ports.ts";

/** A 429 to a POST, for the log, after its meaning is recorded. */
export interface ThrottledPost extends ThrottleFinding {
  readonly sequenceId: string;
  readonly retryAfterMs: number | null;
}

/** Logs that a POST was throttled, what Defender asked for, and what lrq concludes. */
export function logThrottledPost(log: Log, throttle: ThrottledPost): void {
  const { sequenceId, retryAfterMs, concluded, sessionCap, doorClosedUntilMs } = throttle;
  log("warn", "throttled", {
    call: "submit",
    sequenceId,
    retryAfterSeconds: secondsOf(retryAfterMs),
    concluded,
    sessionCap,
    doorClosedUntil: isoOrNull(doorClosedUntilMs),
  });
}

/** The ports of an invocation with its log, to which each 429 to a question goes. */
export function withLog<Outside extends Pick<Ports, "defender">>(
  outside: Outside,
  log: Log,
): Outside & Pick<Ports, "defender" | "log"> {
  return { ...outside, log, defender: withThrottlesLogged(outside.defender, log) };
}

/**
 * Defender, with a warning for each question that is answered with 429. Each was counted before it
 * was asked, and within the quota: then others use it, too. The result store is not Defender's, and
 * has no quota of ours.
 */
function withThrottlesLogged(defender: Defender, log: Log): Defender {
  const asked = async <T>(call: string, reply: Promise<Reply<T>>): Promise<Reply<T>> => {
    const came = await reply;
    if (came.kind === "throttled") {
      const concluded = call === "download" ? "storeBusy" : "othersUseTheQuota";
      const retryAfterSeconds = secondsOf(came.retryAfterMs);
      log("warn", "throttled", { call, retryAfterSeconds, concluded });
    }
    return came;
  };
  return {
    ...defender,
    listActions: (...of) => asked("list", defender.listActions(...of)),
    listPending: (...of) => asked("list", defender.listPending(...of)),
    getAction: (...of) => asked("list", defender.getAction(...of)),
    cancelAction: (...of) => asked("cancel", defender.cancelAction(...of)),
    resultLink: (...of) => asked("link", defender.resultLink(...of)),
    download: (...of) => asked("download", defender.download(...of)),
    readMachines: (...of) => asked("machines", defender.readMachines(...of)),
    findMachines: (...of) => asked("machines", defender.findMachines(...of)),
    machinesSeenSince: (...of) => asked("machines", defender.machinesSeenSince(...of)),
    listMachines: (...of) => asked("machines", defender.listMachines(...of)),
    hunt: (...of) => asked("hunt", defender.hunt(...of)),
    listLibrary: () => asked("library", defender.listLibrary()),
  };
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

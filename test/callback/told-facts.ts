import type { Caller } from "../../shared/access/caller.ts";
import type { RunFacts } from "../../shared/callback/message.ts";
import { callersOf, keyHash } from "../access/callers.ts";

export const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const OTHER_SECRET = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
export const NOTICE_ID = "msg_0123456789abcdef0123456789abcdef";

/** A finished run, or as told. */
export function runFinished(of: Partial<RunFacts> = {}): RunFacts {
  return {
    noticeId: NOTICE_ID,
    event: "run.finished",
    atMs: NOW_MS,
    about: null,
    mayApprove: [],
    runId: "0123456789abcdefghjk",
    source: "generic",
    incidentId: "INC-1",
    state: "finished",
    counts: { succeeded: 2, failed: 1 },
    total: 3,
    skipped: 1,
    custody: { count: 6, head: "f".repeat(64) },
    seal: "e".repeat(64),
    sequence: null,
    ...of,
  };
}

/** One sequence's end, its names as told. */
export function sequenceEnded(machineName: string, outcome: string | null = null): RunFacts {
  return runFinished({
    event: "sequence.ended",
    sequence: {
      sequenceId: "0123456789abcdefghjk.mnpqrstvwxyz",
      machineId: "0".repeat(40),
      machineName,
      state: "failed",
      outcome,
      results: { stored: 1, unavailable: 1 },
    },
  });
}

/** A caller whose setting for callbacks is as told. */
export function aCaller(more: object = {}): Caller {
  const [only] = callersOf([
    { name: "soar", key: keyHash("soar"), may: ["incident.submit"], ...more },
  ]);
  if (only === undefined) throw new Error("no caller");
  return only;
}

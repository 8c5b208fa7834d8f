import { reopened } from "../../ledger/gate.ts";
import { runKey } from "../../ledger/keys.ts";
import { turnNote } from "../../ledger/run.ts";
import type { Limits } from "../../limits/limits.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { auditedRun, factAbout } from "../../store/audit.ts";
import { Contended } from "../../store/contended.ts";
import { loadRun } from "../../store/load.ts";
import { ringForReady } from "../../store/ring.ts";
import { turnGatesOf } from "../../store/turn-gates.ts";

type ResumePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

const TRIES = 12;
const JITTER_MS = 200;

/**
 * Lets a run go on that paused itself, or that still waits for its first wave. False if it did not
 * wait for that; null if there is no such run.
 */
export async function resumeRun(
  ports: ResumePorts,
  limits: Limits,
  runId: string,
  by: string,
): Promise<boolean | null> {
  if (!isRunId(runId)) return null;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const run = await loadRun(ports.ledger, runId);
    if (run === null) return null;
    const { gate, turns } = run.value;
    if (gate === null || gate.state === "open") return false;
    const fact = factAbout("runResumed", [], { atMs: ports.clock.earliest(), by });
    const { run: next, rows } = auditedRun(
      { ...run.value, gate: reopened(gate), turns: turns + 1 },
      [fact],
    );
    const outcome = await ports.ledger.commit([
      { op: "replace", key: runKey(runId), body: next, etag: run.etag },
      ...turnNote(run.value, next),
      ...rows,
    ]);
    if (outcome.kind === "committed") {
      ports.log("warn", "runResumed", { runId, by });
      await turnGatesOf(ports, runId);
      await ringForReady(ports, limits, { why: "released" });
      return true;
    }
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  throw new Contended(`run ${runId}: others kept writing it`);
}

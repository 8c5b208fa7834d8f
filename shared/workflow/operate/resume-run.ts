import { reopened } from "../../ledger/run/gate.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { changeRun } from "../../store/change-run.ts";
import { loadRun } from "../../store/load.ts";
import { ringForReady } from "../../store/ring.ts";
import { transact, usual } from "../../store/transact.ts";
import { applyGateOf } from "../../store/apply-gates.ts";

type ResumePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/**
 * Lets a run continue that paused itself, or that still waits for its first wave. False if it did
 * not wait for that; null if there is no such run.
 */
export async function resumeRun(
  ports: ResumePorts,
  limits: Limits,
  runId: string,
  by: string,
): Promise<boolean | null> {
  if (!isRunId(runId)) return null;
  const resumed = await transact(ports, usual(`run ${runId}`), async (tx) => {
    const run = await loadRun(tx, runId);
    if (run === null) return null;
    const { gate, turns } = run.value;
    if (gate === null || gate.state === "open") return false;
    const fact = factAbout("runResumed", [], { atMs: ports.clock.earliest(), by });
    changeRun(tx, run, { ...run.value, gate: reopened(gate), turns: turns + 1 }, [fact]);
    return true;
  });
  if (resumed !== true) return resumed;
  ports.log("warn", "runResumed", { runId, by });
  await applyGateOf(ports, runId);
  await ringForReady(ports, limits, { why: "released" });
  return true;
}

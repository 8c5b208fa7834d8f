import { wholeFor } from "../access/reaching.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import { runIdOf } from "../../shared/plan/identity.ts";
import type { Ledger, Ports } from "../../shared/ports.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { resumeRun } from "../../shared/workflow/operate/resume-run.ts";
import { approveAsShown } from "./approvers.ts";
import type { Interruption } from "./scenario.ts";
import { stream } from "./streams.ts";
import type { World } from "./world.ts";

/** Lets those of the scenario interrupt as soon as there is something to interrupt. */
export function startInterruptions(world: World): void {
  const { judge, scenario, interruptions } = world;
  for (const each of scenario.interruptions) {
    const runId = runIdOf({
      source: "generic",
      incidentId: each.incidentId,
      again: null,
      team: null,
    });
    const isCounting = {
      resumeRun: () => judge.gates.isPaused(runId),
      approve: () => judge.approvals.isAwaited(runId),
      cancel: () => [...judge.ledger.records.values()].some((record) => record.runId === runId),
    }[each.kind];
    interruptions.add(isCounting, each.atCall, async () => {
      try {
        await interrupt(world, each, runId);
      } catch (error) {
        // Whoever asks for a run that is set aside is refused.
        if (!(error instanceof Died || error instanceof SetAside)) throw error;
      }
    });
  }
}

async function interrupt(world: World, each: Interruption, runId: string): Promise<void> {
  const { limits } = world.scenario;
  const ports = portsAtOnce(world, each.kind !== "cancel" && each.dies);
  switch (each.kind) {
    case "resumeRun":
      world.judge.gates.resumeAsked(runId);
      await resumeRun(ports, limits, runId, "op");
      return;
    case "approve": {
      const operation = { ...each, atMs: 0, thinkMs: 0, isStale: false };
      await approveAsShown(world, operation, runId, async (_, ask) => await ask(ports));
      return;
    }
    case "cancel":
      await cancelRun(ports, limits, runId, wholeFor("op"));
  }
}

/** A host that went away right after it had decided. */
class Died extends Error {}

/** The ports of somebody whose calls meet no fault and take no time; who `dies` commits once. */
function portsAtOnce(
  { ledger, queue, clock, scenario }: World,
  dies: boolean,
): Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log"> {
  return {
    ledger: dies ? committingOnce(ledger) : ledger,
    bells: queue,
    clock,
    random: stream(scenario.seed, "at once"),
    log: () => {},
  };
}

function committingOnce(ledger: Ledger): Ledger {
  let commits = 0;
  return {
    ...ledger,
    commit: async (changes) => {
      commits += 1;
      if (commits > 1) throw new Died();
      return await ledger.commit(changes);
    },
  };
}

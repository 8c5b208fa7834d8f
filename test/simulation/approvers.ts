import { reading } from "../access/reaching.ts";
import { parseCallers, type Caller } from "../../shared/access/caller.ts";
import { approveRun } from "../../shared/workflow/operate/approve-run.ts";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import type { Ports } from "../../shared/ports.ts";
import type { Person } from "./approval-judge.ts";
import type { Operation } from "./scenario.ts";
import type { World } from "./world.ts";

type Approving = Extract<Operation, { kind: "approve" }>;

type Asked = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** Asks hosts until one answers. */
type Insist = <T>(world: World, ask: (ports: Asked) => Promise<T>) => Promise<T>;

const NO_PLAN = "0".repeat(64);

/** Reads the run as a person does, thinks about it, and approves what it was shown then. */
export async function approveAsShown(
  world: World,
  { who, thinkMs, isStale }: Approving,
  runId: string,
  insist: Insist,
): Promise<void> {
  const { limits } = world.scenario;
  const view = await insist(
    world,
    async (ports) => await describeRun(ports, limits, runId, reading()),
  );
  const sequenceIds = (view?.sequences ?? [])
    .filter((each) => each.waits?.code === "approval")
    .map((each) => each.sequenceId);
  const planHash = isStale ? NO_PLAN : (view?.approval?.planHash ?? NO_PLAN);
  if (thinkMs > 0) await world.clock.sleep(thinkMs);
  if (planHash !== NO_PLAN) world.judge.approvals.approving(runId, who, { planHash, sequenceIds });
  const rawBody = Buffer.from(JSON.stringify({ planHash }));
  const came = await insist(
    world,
    async (ports) => await approveRun(ports, limits, { runId, who: knownAs(who), rawBody }),
  );
  if (came.kind === "approved" && planHash === NO_PLAN) {
    world.court.fail("approved", `run ${runId}: a plan was approved that nobody was shown`);
  }
}

function knownAs({ by, objectId }: Person): Parameters<typeof approveRun>[2]["who"] {
  const isPerson = objectId !== null;
  const scheme = isPerson ? "entra" : "key";
  return { kind: "caller", caller: callerOf(by), scheme, signed: null, objectId, isPerson };
}

function callerOf(name: string): Caller {
  const key = `sha256:${"0".repeat(64)}`;
  const setting = { name, key, all: true, may: ["run.approve"] };
  const read = parseCallers(JSON.stringify([setting]));
  const [caller] = read.kind === "parsed" ? read.value : [];
  if (caller === undefined) throw new Error(`no caller can have the name ${name}`);
  return caller;
}

import { judgeMachine, needsFacts, type MachineScope } from "../../access/machine-scope.ts";
import type { MachineMention } from "../../incident/incident.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { MachineFacts } from "../../plan/machine-facts.ts";
import type { KnownMachine, ResolvedMachine } from "../../plan/plan.ts";
import type { Machine, Ports } from "../../ports.ts";
import { noteAnswer } from "../../store/note-lockout.ts";
import { spendRead } from "../../store/spend-read.ts";

/** Every mentioned machine as Defender knows it, or that Defender could not be asked. */
export type Resolved =
  | { readonly kind: "resolved"; readonly machines: readonly ResolvedMachine[] }
  | Unavailable;

interface Unavailable {
  readonly kind: "unavailable";
  readonly detail: string;
}

type ResolvePorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;
type LookUp = { readonly limits: Limits; readonly scope: MachineScope };

/**
 * Look-ups by name for one incident; each is a call of the machine budget, and the sender is
 * waiting.
 */
const LOOKUPS_MAX = 20;
/** Look-ups by id for one incident, half of the minute's budget for machines (100, API page). */
const READS_MAX = 50;

/**
 * A machine given by Defender's id is taken as it is, unless the scope asks for more than its id:
 * then it is looked up. One given only by name is looked up exactly; several or none are left out
 * with the reason, and so is what the scope denies. Whatever keeps Defender from answering is no
 * answer: then nothing is accepted.
 */
export async function resolveMachines(
  ports: ResolvePorts,
  settings: LookUp,
  mentions: readonly MachineMention[],
): Promise<Resolved> {
  const machines: ResolvedMachine[] = [];
  const { scope } = settings;
  let lookups = 0;
  let reads = 0;
  for (const mention of mentions) {
    const { machineId } = mention;
    let found: ResolvedMachine | Unavailable;
    if (machineId === null) {
      lookups += 1;
      found =
        lookups > LOOKUPS_MAX
          ? unresolved(mention, TOO_MANY_NAMES)
          : await lookUp(ports, settings, mention);
    } else if (needsFacts(scope)) {
      reads += 1;
      found =
        reads > READS_MAX
          ? unresolved(mention, TOO_MANY_IDS)
          : await readById(ports, settings, mention, machineId);
    } else {
      found = known(mention, machineId, null);
    }
    if (found.kind === "unavailable") return found;
    machines.push(found.kind === "known" ? inScope(scope, found, mention) : found);
  }
  return { kind: "resolved", machines };
}

/** What the scope denies is left out, with its reason; tier 0 needs an approval. */
function inScope(
  scope: MachineScope,
  machine: KnownMachine,
  mention: MachineMention,
): ResolvedMachine {
  const verdict = judgeMachine(scope, machine.machineId, machine.facts);
  if (verdict.kind === "denied") return unresolved(mention, verdict.reason);
  return { ...machine, needsApproval: verdict.kind === "needsApproval" };
}

/** Without an answer nothing is known of it, and the scope denies it. */
async function readById(
  ports: ResolvePorts,
  { limits }: LookUp,
  mention: MachineMention,
  machineId: string,
): Promise<ResolvedMachine | Unavailable> {
  if (!(await spendRead(ports, limits, "machines"))) return NO_BUDGET;
  const reply = await ports.defender.getMachine(machineId);
  await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
  if (reply.kind === "throttled") return THROTTLED;
  if (reply.kind === "unavailable") {
    return { kind: "unavailable", detail: `lrq could not ask Defender for ${machineId}.` };
  }
  return known(mention, machineId, reply.kind === "answered" ? reply.value : null);
}

async function lookUp(
  ports: ResolvePorts,
  { limits }: LookUp,
  mention: MachineMention,
): Promise<ResolvedMachine | Unavailable> {
  const name = mention.name ?? "";
  if (!(await spendRead(ports, limits, "machines"))) return NO_BUDGET;
  const reply = await ports.defender.findMachines(name);
  await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
  switch (reply.kind) {
    case "throttled":
      return THROTTLED;
    case "unavailable":
      return { kind: "unavailable", detail: `lrq could not ask Defender for ${name}.` };
    case "refused":
      return unresolved(mention, `Defender refused to look up the name: ${reply.detail}`);
    case "absent":
      return unresolved(mention, NO_MACHINE);
    case "answered":
      break;
  }
  const onboarded = reply.value.filter((each) => each.onboarded);
  const [only] = onboarded;
  if (only === undefined) return unresolved(mention, NO_MACHINE);
  if (onboarded.length > 1) {
    const ids = onboarded.map((each) => each.machineId).join(", ");
    return unresolved(mention, `Several machines have this name; send one of the ids ${ids}.`);
  }
  return known(mention, only.machineId, only);
}

/** As Defender knows it, where it was asked and gave an answer; else as it was mentioned. */
function known(
  { name, platform }: MachineMention,
  machineId: string,
  found: Machine | null,
): KnownMachine {
  return {
    kind: "known",
    machineId,
    name: found?.name ?? name,
    platform: found?.platform ?? platform,
    facts: found === null ? null : factsOf(found),
    needsApproval: false,
  };
}

function factsOf({ name, platform, tags, group }: Machine): MachineFacts {
  return { name, platform, tags, group };
}

const NO_MACHINE = "No onboarded machine has exactly this name.";
const NO_BUDGET: Unavailable = {
  kind: "unavailable",
  detail: "lrq has no calls left for looking up machines now.",
};
const THROTTLED: Unavailable = {
  kind: "unavailable",
  detail: "Defender accepts no more look-ups now.",
};

const TOO_MANY_NAMES = `lrq looks up only ${LOOKUPS_MAX} names at once; send machine ids.`;
const TOO_MANY_IDS =
  `lrq checks only ${READS_MAX} machines against SCOPE at once; ` +
  "send the others in another request.";

function unresolved(
  mention: MachineMention,
  reason: string,
): Extract<ResolvedMachine, { kind: "unresolved" }> {
  return { kind: "unresolved", mention, reason };
}

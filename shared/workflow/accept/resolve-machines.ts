import { judgeMachine, needsFacts, type MachineScope } from "../../access/machine-scope.ts";
import type { MachineMention, SaidPlatform } from "../../incident/incident.ts";
import { ours, surerOf } from "../../incident/platform.ts";
import type { MachineFacts } from "../../plan/machine-facts.ts";
import { noLiveResponse } from "../../plan/no-profile.ts";
import type { KnownMachine, ResolvedMachine } from "../../plan/plan.ts";
import type { Machine } from "../../ports.ts";
import {
  findMachines,
  readMachine,
  type LookUpBudget,
  type LookUpPorts,
  type Unavailable,
} from "./look-up-machine.ts";
import { chooseByName, type NamedChoice } from "./choose-by-name.ts";

/** Every mentioned machine as Defender knows it, or that Defender could not be asked. */
export type Resolved =
  | { readonly kind: "resolved"; readonly machines: readonly ResolvedMachine[] }
  | Unavailable;

/** What is looked for. */
interface LookUp extends LookUpBudget {
  readonly scope: MachineScope;
}

type Unresolved = Extract<ResolvedMachine, { kind: "unresolved" }>;

/**
 * At most this many names of one incident are looked up. Each takes a call or two of the machine
 * budget while the sender waits.
 */
const LOOKUPS_MAX = 20;
/** Look-ups by id for one incident, half of the minute's budget for machines (100, API page). */
const READS_MAX = 50;

/**
 * Finds the machines of an incident. A machine with Defender's id is used without a look-up, unless
 * the scope needs more than its id, or the sender did not say its platform. A machine with only a
 * name is looked up by the whole name, then by its first part. If several or none are found, it is
 * left out with the reason; so is a machine that the scope denies. A phone is left out before any
 * look-up. If Defender does not answer, nothing is accepted.
 */
export async function resolveMachines(
  ports: LookUpPorts,
  settings: LookUp,
  mentions: readonly MachineMention[],
): Promise<Resolved> {
  const machines: ResolvedMachine[] = [];
  const asked = { names: 0, ids: 0 };
  for (const mention of mentions) {
    const how = howToResolve(mention, settings);
    if (how === "byName") asked.names += 1;
    if (how === "byId") asked.ids += 1;
    const found =
      asked.names > LOOKUPS_MAX && how === "byName"
        ? unresolved(mention, TOO_MANY_NAMES)
        : asked.ids > READS_MAX && how === "byId"
          ? unresolved(mention, TOO_MANY_IDS)
          : await resolveOne(ports, settings, mention, how);
    if (found.kind === "unavailable") return found;
    machines.push(found.kind === "known" ? inScope(settings.scope, found, mention) : found);
  }
  return { kind: "resolved", machines };
}

/** Whether any of the machines costs a call of Defender's. */
export function asksDefender(
  settings: Pick<LookUp, "scope">,
  mentions: readonly MachineMention[],
): boolean {
  const costs = new Set<How>(["byName", "byId"]);
  return mentions.some((mention) => costs.has(howToResolve(mention, settings)));
}

type How = "notAtAll" | "asSaid" | "byName" | "byId";

function howToResolve(
  { machineId, platform }: MachineMention,
  { scope }: Pick<LookUp, "scope">,
): How {
  if (isNotOurs(platform)) return "notAtAll";
  if (machineId === null) return "byName";
  return ours(platform) === null || needsFacts(scope) ? "byId" : "asSaid";
}

async function resolveOne(
  ports: LookUpPorts,
  budget: LookUp,
  mention: MachineMention,
  how: How,
): Promise<ResolvedMachine | Unavailable> {
  const { machineId, name, platform } = mention;
  switch (how) {
    case "notAtAll":
      return unresolved(mention, noLiveResponse(isNotOurs(platform) ? platform.said : ""));
    case "byName":
      return await byName(ports, budget, mention, name ?? "");
    case "byId":
      return await byId(ports, budget, mention, machineId ?? "");
    case "asSaid":
      return known(mention, machineId ?? "", null);
  }
}

function isNotOurs(said: SaidPlatform): said is Extract<SaidPlatform, { kind: string }> {
  return typeof said === "object" && said?.kind === "notOurs";
}

/** Leaves out what the scope denies, with the reason; a tier 0 machine needs an approval. */
function inScope(
  scope: MachineScope,
  machine: KnownMachine,
  mention: MachineMention,
): ResolvedMachine {
  const verdict = judgeMachine(scope, machine.machineId, machine.facts);
  if (verdict.kind === "denied") return unresolved(mention, verdict.reason);
  return { ...machine, needsApproval: verdict.kind === "needsApproval" };
}

/**
 * A machine that was merged into another is replaced by that one. This is done once, not along a
 * chain.
 */
async function byId(
  ports: LookUpPorts,
  budget: LookUpBudget,
  mention: MachineMention,
  machineId: string,
): Promise<ResolvedMachine | Unavailable> {
  const read = await readMachine(ports, budget, machineId);
  if (read.kind === "unavailable") return read;
  if (read.kind === "absent") return unresolved(mention, NO_SUCH_ID);
  // Without an answer nothing is known of it: then the scope denies it, or no profile is chosen.
  if (read.kind === "refused") return known(mention, machineId, null);
  const { mergedInto } = read.value;
  if (mergedInto === null) return known(mention, machineId, read.value);
  return await followed(ports, budget, mention, mergedInto);
}

async function followed(
  ports: LookUpPorts,
  budget: LookUpBudget,
  mention: MachineMention,
  mergedInto: string,
): Promise<ResolvedMachine | Unavailable> {
  const into = await readMachine(ports, budget, mergedInto);
  if (into.kind === "unavailable") return into;
  if (into.kind !== "found" || into.value.mergedInto !== null || !into.value.onboarded) {
    const reason = `Defender has merged it into ${mergedInto}, on which nothing can be started.`;
    return unresolved(mention, reason);
  }
  const { written, name, machineId } = mention;
  const namedAs = written ?? name ?? machineId ?? "";
  return { ...known(mention, into.value.machineId, into.value), namedAs };
}

async function byName(
  ports: LookUpPorts,
  budget: LookUpBudget,
  mention: MachineMention,
  name: string,
): Promise<ResolvedMachine | Unavailable> {
  const [label = ""] = name.split(".");
  // The sender's domain may differ from Defender's; the second look-up is for the first part of the
  // name.
  const names = label === name ? [name] : [name, label];
  let choice: NamedChoice = { kind: "none" };
  for (const each of names) {
    const found = await findMachines(ports, budget, each);
    if (found.kind === "unavailable") return found;
    if (found.kind === "refused") {
      return unresolved(mention, `Defender refused to look up the name: ${found.detail}`);
    }
    if (found.kind === "found" && found.value === null) return unresolved(mention, tooMany(each));
    choice = chooseByName(found.kind === "found" ? (found.value ?? []) : []);
    if (choice.kind === "merged") return await followed(ports, budget, mention, choice.into);
    if (choice.kind === "several") return unresolved(mention, choice.reason);
    if (choice.kind === "one") {
      const { written = each === name ? undefined : name } = mention;
      const machine = known(mention, choice.machine.machineId, choice.machine);
      return written === undefined ? machine : { ...machine, namedAs: written };
    }
  }
  return unresolved(mention, NO_MACHINE);
}

/** As Defender describes it, if it was asked and answered; else as the sender named it. */
function known(
  { name, platform }: MachineMention,
  machineId: string,
  found: Machine | null,
): KnownMachine {
  return {
    kind: "known",
    machineId,
    name: found?.name ?? name,
    platform: surerOf(found?.platform ?? null, platform),
    facts: found === null ? null : factsOf(found),
    needsApproval: false,
  };
}

function factsOf({ name, platform, tags, group }: Machine): MachineFacts {
  return { name, platform: ours(platform), tags, group };
}

const NO_MACHINE = "No onboarded machine has exactly this name.";
const tooMany = (name: string) =>
  `More machines have names that begin with "${name}" than one look-up shows; send the whole DNS ` +
  "name with its domain, or Defender's id.";
const NO_SUCH_ID = "Defender knows no machine with this id.";
const TOO_MANY_NAMES = `lrq looks up only ${LOOKUPS_MAX} names at once; send machine ids.`;
const TOO_MANY_IDS =
  `lrq looks up only ${READS_MAX} machines at once, for SCOPE or for their platform; ` +
  "send the others in another request, or say their platform.";

function unresolved(mention: MachineMention, reason: string): Unresolved {
  return { kind: "unresolved", mention, reason };
}

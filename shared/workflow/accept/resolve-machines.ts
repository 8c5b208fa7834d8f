import { judgeMachine, needsFacts, type MachineScope } from "../../access/machine-scope.ts";
import type { MachineMention, SaidPlatform } from "../../incident/incident.ts";
import { isAddress, machineIdOf } from "../../incident/machine-mention.ts";
import { ours } from "../../incident/platform.ts";
import { noLiveResponse } from "../../plan/no-profile.ts";
import type { KnownMachine, ResolvedMachine } from "../../plan/plan.ts";
import type { Machine } from "../../ports.ts";
import {
  factsOf,
  lookUpMachines,
  type LookedUp,
  type LookUpBudget,
} from "../../store/look-up-machines.ts";
import type { SweptRequest } from "./answer.ts";
import { chooseByName, NOT_ONBOARDED } from "./choose-by-name.ts";

type LookUpPorts = Parameters<typeof lookUpMachines>[0];
/** Why nothing was looked up. */
type NotLookedUp = Exclude<LookedUp, { kind: "lookedUp" }>;

/** Every mentioned machine as Defender knows it, or that Defender could not be asked. */
export type Resolved =
  | {
      readonly kind: "resolved";
      readonly machines: readonly ResolvedMachine[];
      /** Why the machines are as the sender named them; null if they are as Defender says. */
      readonly unasked: NotLookedUp | null;
    }
  | NotLookedUp;

/** What is looked for. */
interface LookUp extends LookUpBudget {
  readonly scope: MachineScope;
}

type Unresolved = Extract<ResolvedMachine, { kind: "unresolved" }>;
/** Defender has merged the machine into another one. */
interface Merged {
  readonly kind: "merged";
  readonly into: string;
}
type Answers = Extract<LookedUp, { kind: "lookedUp" }>;

/**
 * Finds the machines of an incident in Defender, whatever the sender says of them. A machine with
 * only a name is looked for by the whole name, then by its first part. If several or none are
 * found, it is left out with the reason; so is a machine that is not onboarded, and one that the
 * scope denies. A phone is left out before any look-up. If Defender gives no answer, nothing is
 * accepted, unless the sender named an id and a platform for each machine and the scope asks for no
 * more: then the drain asks Defender.
 */
export async function resolveMachines(
  ports: LookUpPorts,
  settings: LookUp,
  mentions: readonly MachineMention[],
): Promise<Resolved> {
  const { scope } = settings;
  const sought = mentions.filter(({ platform }) => !isNotOurs(platform));
  const answers = await lookUpMachines(ports, settings, {
    machineIds: sought.flatMap(({ machineId }) => machineId ?? []),
    labels: sought.flatMap(({ machineId, name }) => (machineId === null ? labelOf(name) : [])),
  });
  if (answers.kind !== "lookedUp") return asSaid(scope, mentions, answers);
  const found = mentions.map((mention) => ({ mention, one: find(mention, answers) }));
  const merged = found.flatMap(({ one }) => (one.kind === "merged" ? [one.into] : []));
  // Defender may name a machine that it was merged into by a text that is no id.
  const machineIds = merged.filter((into) => machineIdOf(into) === into);
  const targets = await lookUpMachines(ports, settings, { machineIds, labels: [] });
  if (targets.kind !== "lookedUp") return targets;
  const machines = found.map(({ mention, one }) => {
    const machine = one.kind === "merged" ? followed(mention, one, targets) : one;
    return machine.kind === "known" ? inScope(scope, machine, mention) : machine;
  });
  return { kind: "resolved", machines, unasked: null };
}

/** The machines of a sweep, as Defender has just listed them. */
export function asListed(
  scope: MachineScope,
  { machines, listedAtMs }: Pick<SweptRequest, "machines" | "listedAtMs">,
): Extract<Resolved, { kind: "resolved" }> {
  const listed = machines.map((machine) => {
    const { machineId, name, platform } = machine;
    const one = known(machine, null, { askedAtMs: listedAtMs });
    return inScope(scope, one, { machineId, name, platform });
  });
  return { kind: "resolved", machines: listed, unasked: null };
}

/** Whether any of the machines costs a call of Defender's. */
export function asksDefender(mentions: readonly MachineMention[]): boolean {
  return mentions.some(({ platform }) => !isNotOurs(platform));
}

function isNotOurs(said: SaidPlatform): said is Extract<SaidPlatform, { kind: string }> {
  return typeof said === "object" && said?.kind === "notOurs";
}

/** The machines as the sender named them, or why that is not enough. */
function asSaid(
  scope: MachineScope,
  mentions: readonly MachineMention[],
  why: NotLookedUp,
): Resolved {
  const machines: ResolvedMachine[] = [];
  for (const mention of mentions) {
    const { machineId, name, platform } = mention;
    if (isNotOurs(platform)) machines.push(phone(mention, platform.said));
    else if (machineId === null || ours(platform) === null || needsFacts(scope)) return why;
    else {
      const machine = { kind: "known", machineId, name, platform, facts: null } as const;
      machines.push(inScope(scope, { ...machine, needsApproval: false }, mention));
    }
  }
  return { kind: "resolved", machines, unasked: why };
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

function find(mention: MachineMention, answers: Answers): KnownMachine | Unresolved | Merged {
  const { machineId, name, platform } = mention;
  if (isNotOurs(platform)) return phone(mention, platform.said);
  if (machineId === null) return findByName(mention, name ?? "", answers);
  const refused = answers.refused.get(machineId);
  if (refused !== undefined) return unresolved(mention, refused);
  const machine = answers.machines.find((each) => each.machineId === machineId);
  if (machine === undefined) return unresolved(mention, NO_SUCH_ID);
  if (machine.mergedInto !== null) return { kind: "merged", into: machine.mergedInto };
  if (!machine.onboarded) return unresolved(mention, NOT_ONBOARDED);
  const isOtherName = name !== null && labelOf(name)[0] !== labelOf(machine.name)[0];
  return known(machine, isOtherName ? nameIn(mention) : null, answers);
}

function findByName(
  mention: MachineMention,
  name: string,
  answers: Answers,
): KnownMachine | Unresolved | Merged {
  const { machines, refused } = answers;
  const [label = ""] = labelOf(name);
  const reason = refused.get(label);
  if (reason !== undefined) return unresolved(mention, reason);
  const choice = chooseByName(
    machines.filter((each) => labelOf(each.name)[0] === label),
    name,
  );
  if (choice.kind === "merged") return { kind: "merged", into: choice.into };
  if (choice.kind === "none") return unresolved(mention, choice.reason);
  const { written = choice.isOtherName ? name : null } = mention;
  return known(choice.machine, written, answers);
}

/**
 * A machine that was merged into another is replaced by that one. This is done once, not along a
 * chain.
 */
function followed(
  mention: MachineMention,
  { into }: Merged,
  answers: Answers,
): KnownMachine | Unresolved {
  const machine = answers.machines.find(({ machineId }) => machineId === into);
  if (machine === undefined || machine.mergedInto !== null || !machine.onboarded) {
    const reason = `Defender has merged it into ${into}, on which nothing can be started.`;
    return unresolved(mention, reason);
  }
  return known(machine, nameIn(mention), answers);
}

/** As Defender describes it. What the sender says of it does not count. */
function known(
  machine: Machine,
  namedAs: string | null,
  answers: Pick<Answers, "askedAtMs">,
): KnownMachine {
  const { machineId, name, platform } = machine;
  const facts = factsOf(machine, answers);
  const found = { kind: "known", machineId, name, platform, facts } as const;
  return { ...found, ...(namedAs === null ? {} : { namedAs }), needsApproval: false };
}

function nameIn({ written, name, machineId }: MachineMention): string {
  return written ?? name ?? machineId ?? "";
}

/** The first label of a DNS name; none of no name, and none of an IP address. */
function labelOf(name: string | null): readonly string[] {
  return name === null || isAddress(name) ? [] : name.split(".", 1);
}

const NO_SUCH_ID = "Defender knows no machine with this id.";

function phone(mention: MachineMention, said: string): Unresolved {
  return unresolved(mention, noLiveResponse(said));
}

function unresolved(mention: MachineMention, reason: string): Unresolved {
  return { kind: "unresolved", mention, reason };
}

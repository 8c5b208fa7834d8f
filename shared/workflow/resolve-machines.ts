import type { MachineMention } from "../incident/incident.ts";
import type { Limits } from "../limits/limits.ts";
import type { ResolvedMachine } from "../plan/plan.ts";
import type { Ports } from "../ports.ts";
import { spendRead } from "./spend-read.ts";

/** Every mentioned machine as Defender knows it, or that Defender could not be asked. */
export type Resolved =
  | { readonly kind: "resolved"; readonly machines: readonly ResolvedMachine[] }
  | { readonly kind: "unavailable"; readonly detail: string };

/**
 * Look-ups by name for one incident; each is a call of the machine budget, and the sender is
 * waiting.
 */
const LOOKUPS_MAX = 20;

/**
 * A machine given by Defender's id is taken as it is. One given only by name is looked up exactly;
 * several or none are left out with the reason. Whatever keeps Defender from answering is no
 * answer: then nothing is accepted.
 */
export async function resolveMachines(
  ports: Pick<Ports, "ledger" | "defender" | "clock" | "random">,
  limits: Limits,
  mentions: readonly MachineMention[],
): Promise<Resolved> {
  const machines: ResolvedMachine[] = [];
  let lookups = 0;
  for (const mention of mentions) {
    const { machineId, name, platform } = mention;
    if (machineId !== null) {
      machines.push({ kind: "known", machineId, name, platform });
      continue;
    }
    lookups += 1;
    const found =
      lookups > LOOKUPS_MAX
        ? unresolved(mention, `Only ${LOOKUPS_MAX} names are looked up at once; send machine ids.`)
        : await lookUp(ports, limits, mention);
    if (found.kind === "unavailable") return found;
    machines.push(found);
  }
  return { kind: "resolved", machines };
}

async function lookUp(
  ports: Pick<Ports, "ledger" | "defender" | "clock" | "random">,
  limits: Limits,
  mention: MachineMention,
): Promise<ResolvedMachine | { kind: "unavailable"; detail: string }> {
  const name = mention.name ?? "";
  if (!(await spendRead(ports, limits, "machines"))) {
    return { kind: "unavailable", detail: "The budget for looking up machines is spent for now." };
  }
  const reply = await ports.defender.findMachines(name);
  switch (reply.kind) {
    case "throttled":
      return { kind: "unavailable", detail: "Defender takes no more look-ups for now." };
    case "unavailable":
      return { kind: "unavailable", detail: `Defender could not be asked for ${name}.` };
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
  const platform = only.platform ?? mention.platform;
  return { kind: "known", machineId: only.machineId, name: only.name ?? mention.name, platform };
}

const NO_MACHINE = "No onboarded machine has exactly this name.";

function unresolved(
  mention: MachineMention,
  reason: string,
): Extract<ResolvedMachine, { kind: "unresolved" }> {
  return { kind: "unresolved", mention, reason };
}

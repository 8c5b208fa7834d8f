import type { Limits } from "../../limits/pace/limits.ts";
import type { Machine, Ports, Reply } from "../../ports.ts";
import { noteAnswer, OF_ACCESS } from "../../store/note-lockout.ts";
import { spendRead } from "../../store/spend-read.ts";

export type LookUpPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

const DETAIL_CHARACTERS = 1_000;

/** Defender gave no answer: nothing is known, and nothing is accepted. */
export interface Unavailable {
  readonly kind: "unavailable";
  readonly detail: string;
}

/** The result of one look-up, or why there is none. */
export type Looked<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly detail: string }
  | Unavailable;

/** The budget that look-ups are taken from, and the caller that they are for. */
export interface LookUpBudget {
  readonly limits: Limits;
  readonly by: string;
}

/** The machine with this id; one call of the budget for machines. */
export async function readMachine(
  ports: LookUpPorts,
  budget: LookUpBudget,
  machineId: string,
): Promise<Looked<Machine>> {
  return await spending(ports, budget, machineId, () => ports.defender.getMachine(machineId));
}

/** Machines of exactly this name, null if too many are like it; one call of the same budget. */
export async function findMachines(
  ports: LookUpPorts,
  budget: LookUpBudget,
  name: string,
): Promise<Looked<readonly Machine[] | null>> {
  return await spending(ports, budget, name, () => ports.defender.findMachines(name));
}

async function spending<T>(
  ports: LookUpPorts,
  { limits, by }: LookUpBudget,
  what: string,
  ask: () => Promise<Reply<T>>,
): Promise<Looked<T>> {
  if (!(await spendRead(ports, limits, "machines", { by }))) {
    return unavailable(`lrq has no calls left for looking up machines for ${by} now.`);
  }
  const reply = await ask();
  await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
  switch (reply.kind) {
    case "throttled":
      return unavailable("Defender accepts no more look-ups now.");
    case "unavailable":
      return notFoundOut(what, reply.detail);
    case "refused":
      // A refused token or right says nothing of the machine.
      if (OF_ACCESS.has(reply.httpStatus)) return notFoundOut(what, reply.detail);
      return { kind: "refused", detail: reply.detail };
    case "absent":
      return { kind: "absent" };
    case "answered":
      return { kind: "found", value: reply.value };
  }
}

/** The sender has to send again, and learns why. */
function notFoundOut(machine: string, why: string): Unavailable {
  const detail = `lrq could not ask Defender for ${machine}: ${why}`;
  return unavailable(detail.slice(0, DETAIL_CHARACTERS));
}

function unavailable(detail: string): Unavailable {
  return { kind: "unavailable", detail };
}

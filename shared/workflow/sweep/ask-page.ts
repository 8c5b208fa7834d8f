import type { Limits } from "../../limits/pace/limits.ts";
import type { MachinePage } from "../../ports.ts";
import { noteAnswer } from "../../store/note-lockout.ts";
import { spendRead } from "../../store/spend-read.ts";
import type { Hindrance } from "./hindered.ts";
import { saidBy } from "./hunt-targets.ts";
import type { SweepPorts } from "./ports.ts";

/**
 * One page of Defender's list of machines, at most 2,000, or why there is none: the calls are used
 * up, or Defender does not answer. `after` is null for the first page, else `next` of the page
 * before. `share` is what listings may use of the look-ups, of what all uses have spent.
 */
export async function askPage(
  ports: SweepPorts,
  limits: Limits,
  after: string | null,
  share: number,
): Promise<MachinePage | Hindrance> {
  if (!(await spendRead(ports, limits, "machines", { share }))) {
    const detail = "The calls that Defender allows for lists of machines are used up.";
    return { code: "token", detail };
  }
  const reply = await ports.defender.listMachines(after);
  await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
  if (reply.kind === "answered") return reply.value;
  const detail = `Defender does not list the machines: ${saidBy(reply)}`;
  return { code: "machinesUnknown", detail };
}

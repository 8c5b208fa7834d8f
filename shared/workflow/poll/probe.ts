import { OWED } from "../../ledger/row/keys.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { lockoutOf } from "../../limits/pace/lockout.ts";
import type { Ports } from "../../ports.ts";
import { loadBudget } from "../../store/load.ts";
import { noteLetIn, noteRefusal, noToken, refusalIn } from "../../store/note-lockout.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { spendRead } from "../../store/spend-read.ts";

type ProbePorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/**
 * The probe asks for machines that have reported within this time: they are few, and any answer
 * will do.
 */
const SEEN_SPAN_MS = 60_000;

/**
 * Tries again what Defender refuses to the app itself, once its next probe is due: the token, and
 * whether machines can be read. Others make the other probes: the poll asks for the list, the drain
 * sends a POST, and the collector asks for a link while a result is owed.
 */
export async function probe(
  ports: ProbePorts,
  limits: Limits,
  outstanding: Outstanding,
): Promise<void> {
  const { value } = await loadBudget(ports.ledger);
  const nowMs = ports.clock.earliest();
  const isDue = (call: "token" | "machines") => {
    const lockout = lockoutOf(value, call);
    return lockout !== null && lockout.nextAtMs <= nowMs;
  };
  if (isDue("token")) await probeToken(ports, limits);
  if (isDue("machines")) await probeMachines(ports, limits);
  if (lockoutOf(value, "link") === null) return;
  const owed = await rowsWithin(ports.ledger, outstanding, OWED, 1);
  if (owed.length === 0) await noteLetIn(ports, "link");
}

async function probeToken(ports: ProbePorts, limits: Limits): Promise<void> {
  const token = await ports.defender.prepare();
  if (token.kind === "answered") await noteLetIn(ports, "token");
  else await noteRefusal(ports, limits, noToken(token, ports.clock.latest()));
}

async function probeMachines(ports: ProbePorts, limits: Limits): Promise<void> {
  if (!(await spendRead(ports, limits, "machines"))) return;
  const payPage = async () => await spendRead(ports, limits, "machines");
  const sinceMs = ports.clock.earliest() - SEEN_SPAN_MS;
  const reply = await ports.defender.machinesSeenSince(sinceMs, payPage);
  const refusal = refusalIn("machines", reply, ports.clock.latest());
  if (reply.kind === "answered") await noteLetIn(ports, "machines");
  else if (refusal !== null) await noteRefusal(ports, limits, refusal);
}

import type { Row } from "../../shared/ports.ts";
import type { SweepPorts } from "../../shared/workflow/sweep/ports.ts";
import { DEFINITION, startSweeping } from "../workflow/sweep/sweeping.ts";

/** A ledger with a sweep of this profile whose round has ended like this, and the rows of both. */
export async function sweptWith(
  profile: string,
  how: "succeeded" | "failed",
): Promise<{ readonly ledger: SweepPorts["ledger"]; readonly rows: readonly Row[] }> {
  const sweeping = startSweeping(2);
  await sweeping.apply({ ...DEFINITION, profiles: [profile] });
  await sweeping.start();
  await sweeping.ticks(2);
  if ((await sweeping.endAll(() => how)) !== 2) throw new Error("two machines were to be sent");
  await sweeping.ticks(2);
  const { state } = await sweeping.round();
  if (state !== "ended") throw new Error(`the round is ${state}`);
  const { ledger } = sweeping.ports;
  const [sweeps, rounds] = [
    await ledger.list("sweep!", "sweep!~", 10),
    await ledger.list("round!", "round!~", 10),
  ];
  return { ledger, rows: [...sweeps, ...rounds] };
}

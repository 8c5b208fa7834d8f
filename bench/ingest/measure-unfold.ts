import { createSeededRandom } from "../../local/memory/random.ts";
import { PLANNED, runIdOfPlanned } from "../../shared/ledger/row/keys.ts";
import type { Ports } from "../../shared/ports.ts";
import { unfold } from "../../shared/store/unfold.ts";
import { acceptIncident, machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { row, type Row } from "../table.ts";
import { openLedger } from "./opened-ledger.ts";

const ROUNDS = 50;
/** A partition of its own: no host drains what is accepted here. */
const SCOPE = "bench|unfold";

/**
 * What giving the sequences of one incident their own rows costs, which lrq does after its answer:
 * no bound, but nobody shall think that it is free.
 */
export async function measureUnfold(
  connectionString: string,
  machines: number,
): Promise<readonly Row[]> {
  const { ledger, clock } = openLedger(connectionString, SCOPE);
  const ports = { ...unused, ledger, clock, random: createSeededRandom(5), log: () => {} };
  const machineIds = machinesOf("u", machines);
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = { incidentId: `unfold-${round}`, machineIds, profile: "sweep-put" } as const;
    await acceptIncident(ports, SHIPPED, asked);
    const [pointer] = await ledger.list(PLANNED.from, PLANNED.before, 1);
    const runId = runIdOfPlanned(pointer?.key ?? "");
    const beganAtMs = performance.now();
    const unfolded = await unfold(ports, runId);
    tookMs.push(performance.now() - beganAtMs);
    if (unfolded !== machines) throw new Error(`${unfolded} of ${machines} were unfolded`);
  }
  return [0.5, 0.99].map((share) =>
    row({
      part: "ingest",
      setting: `${machines} machines, ${ROUNDS} rounds, Azurite`,
      measure: `unfolding after the answer, p${share * 100}`,
      value: percentile(tookMs, share),
      unit: "ms",
    }),
  );
}

const nobody = async (): Promise<never> => {
  throw new Error("nobody is asked here");
};
const unused: Pick<Ports, "bells" | "defender"> = {
  bells: { ringDrain: async () => {}, ringCollect: nobody, ringCallback: nobody },
  defender: {
    prepare: nobody,
    submit: nobody,
    listActions: nobody,
    listPending: nobody,
    getAction: nobody,
    cancelAction: nobody,
    resultLink: nobody,
    download: nobody,
    readMachines: nobody,
    findMachines: nobody,
    machinesSeenSince: nobody,
    listMachines: nobody,
    hunt: nobody,
    listLibrary: nobody,
  },
};

import { execFileSync } from "node:child_process";
import { z } from "zod";
import { machinesOf } from "../drain/backlog.ts";
import { measured, memoryAtRest } from "../measured.ts";
import { atMost, row, type Row } from "../table.ts";
import { startLedgerProcess } from "./ledger-process.ts";
import { createQuickWorld } from "./quick-world.ts";

const MACHINES = 100_000;
/** So many are planned first, so that all code has run and all connections are there. */
const FEWER = 5_000;
const SHARE = 0.5;
/** Ticks until all are listed, and then some in which machines are sent and accepted. */
const TICKS_MAX = 30;
const SENDING_TICKS = 20;
const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

const plannedSchema = z.object({
  growthMiB: z.number(),
  /** The most of the process, from its start on. */
  mostMiB: z.number(),
  sent: z.number(),
});

/** The memory of a process that plans a round of 100,000, while the ledger is in another one. */
export async function measureMemory(): Promise<readonly Row[]> {
  const words = ["--expose-gc", "--enable-source-maps", process.argv[1] ?? "", "plan"];
  const said = execFileSync(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const { growthMiB, mostMiB, sent } = plannedSchema.parse(JSON.parse(said.toString()));
  const setting = `a round of 100,000 is listed, ${sent} are sent, all are listed again`;
  const at = { part: "sweeps", setting, unit: "MiB" };
  return [
    row({
      ...at,
      measure: "memory above rest while a round is planned",
      value: growthMiB,
      bound: atMost(64),
    }),
    row({ ...at, measure: "memory of the process that plans", value: mostMiB }),
  ];
}

/** What that process does: `bench.mjs plan`. */
export async function planOnce(): Promise<void> {
  const machineIds = machinesOf("planned", MACHINES);
  await plan(machineIds.slice(0, FEWER));
  const restBytes = memoryAtRest();
  const came = { sent: 0 };
  const { peakBytes } = await measured(async () => {
    came.sent = await plan(machineIds);
  });
  const growthMiB = (peakBytes - restBytes) / MIB;
  const mostMiB = process.resourceUsage().maxRSS / 1_024;
  process.stdout.write(JSON.stringify({ growthMiB, mostMiB, ...came }));
}

/** Lists the machines, sends and accepts some, and lists all again; returns how many were sent. */
async function plan(machineIds: readonly string[]): Promise<number> {
  const { ledger, stop } = startLedgerProcess();
  try {
    const world = await createQuickWorld({ machineIds, share: SHARE, ledger });
    for (const ticks of [SENDING_TICKS, 1]) {
      for (let tick = 0; tick < TICKS_MAX; tick += 1) {
        await world.tick();
        if ((await world.round()).listing === null) break;
      }
      for (let tick = 0; tick < ticks; tick += 1) await world.tick();
      world.pass(HOUR_MS);
    }
    const { counts, listing } = await world.round();
    if (listing !== null || counts.targeted !== machineIds.length) throw new Error("not planned");
    return counts.targeted - counts.waiting;
  } finally {
    stop();
  }
}

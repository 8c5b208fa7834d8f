import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/azurite.ts";
import { startSimulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { incidentText, postIncident, systemOf } from "../drain/measure-azurite.ts";
import { readConfig } from "../../shared/config.ts";
import { atMost, row, type Row } from "../table.ts";
import { measureUnfold } from "./measure-unfold.ts";
import { openLedger, untilUnfolded } from "./opened-ledger.ts";

const KEY = "the key of the bench";
const MACHINES = 25;
const WARM_UP = 20;
const ROUNDS = 200;

/**
 * What taking an incident of 25 machines in costs, against a function that only sends its body as
 * one queue message: the same host, the same storage, one at a time. Both are asked when nothing is
 * left to unfold, and each as often before the other as after it.
 */
export async function measureIngest(root: string): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: null });
  const simulator = await startSimulator({ seed: 7, machines: [] });
  const hosts: HostProcess[] = [];
  try {
    const storage = azurite.connectionString();
    const start = async (appRoot: string, name: string) => {
      const tenant = { url: simulator.url, speed: 1 };
      const parts = { storage, simulator: tenant, key: KEY, stateDir: join(folder, name) };
      const env = { ...systemOf(process.env), ...localSettings(parts, {}) };
      const host = await startHostProcess({ root: appRoot, port: 0, env, log: () => {} });
      hosts.push(host);
      return { url: host.url, env };
    };
    const lrq = await start(root, "lrq");
    const bare = await start(bareRoot(root, folder), "bare");
    const machineIds = machinesOf("m", MACHINES);
    const config = readConfig(lrq.env);
    if (config.kind === "wrong") throw new Error(JSON.stringify(config.problems));
    const { ledger } = openLedger(storage, config.config.rateScope);
    const sides = {
      lrq: async (id: string) => await postIncident(lrq.url, KEY, id, machineIds),
      bare: async (id: string) => await postBare(bare.url, incidentText(id, machineIds)),
    };
    const rows = await takeTurns(sides, async () => await untilUnfolded(ledger));
    return [...rows, ...(await measureUnfold(storage, MACHINES))];
  } finally {
    await Promise.all(hosts.map(async (host) => await host.stop()));
    await simulator.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder that is an app: the bare function beside the same built host. */
function bareRoot(root: string, folder: string): string {
  const bare = join(folder, "bare-app");
  mkdirSync(bare);
  symlinkSync(join(root, "dist"), join(bare, "dist"), "junction");
  copyFileSync(join(root, "host.json"), join(bare, "host.json"));
  const manifest = { type: "module", main: "dist/bench/bare-app.mjs" };
  writeFileSync(join(bare, "package.json"), JSON.stringify(manifest));
  return bare;
}

const SIDES = ["lrq", "bare"] as const;
type Side = (typeof SIDES)[number];

async function takeTurns(
  ask: Readonly<Record<Side, (id: string) => Promise<void>>>,
  untilQuiet: () => Promise<void>,
): Promise<readonly Row[]> {
  const tookMs: Record<Side, number[]> = { lrq: [], bare: [] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const order = round % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const side of order) {
      await untilQuiet();
      const beganAtMs = performance.now();
      await ask[side](`ingest-${round}`);
      if (round >= 0) tookMs[side].push(performance.now() - beganAtMs);
    }
  }
  const at = { part: "ingest", setting: `25 machines, ${ROUNDS} rounds, Azurite` };
  return [0.5, 0.99].flatMap((share) => {
    const [ours, theirs] = [percentile(tookMs.lrq, share), percentile(tookMs.bare, share)];
    const p = `p${share * 100}`;
    return [
      row({ ...at, measure: `answer of lrq, ${p}`, value: ours, unit: "ms" }),
      row({ ...at, measure: `answer of a bare function, ${p}`, value: theirs, unit: "ms" }),
      row({ ...at, measure: `ratio, ${p}`, value: ours / theirs, unit: "x", bound: atMost(3) }),
    ];
  });
}

async function postBare(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/api/bare`, { method: "POST", body });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`the bare function answered ${response.status}`);
}

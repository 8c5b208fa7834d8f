import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sampleTenant } from "./defender-simulator/sample-tenant.ts";
import { startStack, type Stack } from "./stack.ts";

// `npm start`: everything on this machine, until Ctrl-C. Data is kept in .lrq/start; --fresh begins
// anew.

const SPEED = 20;
const SEED = 1;
const MACHINES = 40;
const DEFAULT_PORT = 7071;

const { values } = parseArgs({ options: { fresh: { type: "boolean", default: false } } });
const dataDir = join(process.cwd(), ".lrq", "start");
const tenant = sampleTenant({ machines: MACHINES, seed: SEED });

try {
  await main();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  if (values.fresh) rmSync(dataDir, { recursive: true, force: true });
  const key = localKey();
  const speed = Number(process.env["SIMULATOR_SPEED"] ?? SPEED);
  if (!(speed > 0)) throw new Error("SIMULATOR_SPEED is how many times faster than life: above 0");
  process.stdout.write("starting storage, Defender and the Functions host ...\n");
  const stack = await startStack({
    root: process.cwd(),
    dataDir,
    tenant,
    speed,
    seed: SEED,
    port: Number(process.env["PORT"] ?? DEFAULT_PORT),
    key,
    env: process.env,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(greeting(stack, key, speed));
  const why = await Promise.race([stack.died, interrupted()]);
  if (why === null) {
    process.stdout.write("\nstopping; what is under way is finished or kept ...\n");
    await stack.stop();
    return;
  }
  process.stderr.write(`\n${why}. Nothing accepted is lost: npm start goes on where it was.\n`);
  await stack.stop();
  process.exit(1);
}

/** The key of the one local caller: from LRQ_LOCAL_KEY, or a random one kept beside the data. */
function localKey(): string {
  const given = process.env["LRQ_LOCAL_KEY"];
  if (given) return given;
  const file = join(dataDir, "key");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const key = randomBytes(24).toString("base64url");
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function interrupted(): Promise<null> {
  return await new Promise((resolve) => {
    process.once("SIGINT", () => resolve(null));
    process.once("SIGTERM", () => resolve(null));
  });
}

function greeting({ url, azurite, simulator }: Stack, key: string, speed: number): string {
  const [machine] = tenant.machines;
  const body = {
    incident: { id: "TRY-1", title: "Trying lrq", severity: "high" },
    machines: [{ machineId: machine?.id, name: machine?.computerDnsName }],
  };
  const defender =
    simulator === null
      ? `${process.env["DEFENDER_API_URL"]}   (from DEFENDER_API_URL)`
      : `${simulator.url}   (simulated, ${tenant.machines.length} machines, ${speed} times as fast as life)`;
  const storage =
    azurite === null
      ? "as AzureWebJobsStorage says"
      : `Azurite, blobs on ${azurite.ports.blob}, queues on ${azurite.ports.queue}, tables on ${azurite.ports.table}`;
  return [
    "",
    `lrq        ${url}/api`,
    `Defender   ${defender}`,
    `storage    ${storage}`,
    `key        ${key}`,
    `data       .lrq/start   (npm start -- --fresh begins anew)`,
    "",
    "Send it an incident:",
    "",
    `curl -s ${url}/api/incidents/generic -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
    "",
    "and look at what it became, under the statusUrl of the answer:",
    "",
    `curl -s STATUS_URL -H 'authorization: Bearer ${key}'`,
    "",
    "Ctrl-C stops everything.",
    "",
  ].join("\n");
}

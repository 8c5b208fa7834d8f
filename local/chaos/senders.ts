import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";
import type { Random } from "../../shared/ports.ts";
import type { SimulatedMachine } from "../defender-simulator/options.ts";
import { createSeededRandom } from "../memory/random.ts";
import type { HostPlace } from "./cloud.ts";
import type { Sent } from "./verdict.ts";

export interface SendersOptions {
  readonly places: readonly HostPlace[];
  readonly key: string;
  readonly machines: readonly SimulatedMachine[];
  readonly seed: number;
  /** No incident begins once it is over; those under way are sent until they are taken. */
  readonly over: AbortSignal;
  readonly say: (line: string) => void;
}

const EVERY_MS = 1_500;
/** Most incidents name a few machines; some more than get their rows at once. */
const FEW_MACHINES = 4;
const MANY_MACHINES = 12;
const MANY_SHARE = 0.15;
/** A host that is held takes the connection and says nothing. */
const ANSWER_TIMEOUT_MS = 8_000;
const AGAIN_MS = 300;
/** A sender has more patience than anything here is down for. */
const PATIENCE_MS = 180_000;
/** Beside the seeds of those who make mischief. */
const STREAM = 50;

const acceptedSchema = z.object({
  runId: z.string(),
  sequences: z.array(z.object({ sequenceId: z.string() })),
});

/** Sends incidents until it is over, each by two senders at once; returns when all are taken. */
export async function sendIncidents(options: SendersOptions): Promise<readonly Sent[]> {
  const random = createSeededRandom(options.seed * 100 + STREAM);
  const sending: Promise<Sent>[] = [];
  while (!options.over.aborted) {
    const machines = drawnMachines(random, options.machines);
    sending.push(sendTwice(options, `chaos-${sending.length + 1}`, machines, random));
    await pass(EVERY_MS, undefined, { signal: options.over }).catch(() => undefined);
  }
  return await Promise.all(sending);
}

async function sendTwice(
  options: SendersOptions,
  incidentId: string,
  machines: readonly SimulatedMachine[],
  random: Random,
): Promise<Sent> {
  const body = {
    incident: { id: incidentId, title: "Chaos", severity: "high" },
    machines: machines.map(({ id, osPlatform }) => ({ machineId: id, platform: said(osPlatform) })),
  };
  const senders = [0, 1].map(async () => await send(options, JSON.stringify(body), random));
  const answers = (await Promise.all(senders)).filter((each) => each !== null);
  const machineIds = machines.map(({ id }) => id);
  if (answers.length < 2) options.say(`${incidentId} was not accepted`);
  return { incidentId, machineIds, answers };
}

/** Sends to whichever host until one accepts; null if none did in all that time. */
async function send(
  { places, key }: SendersOptions,
  body: string,
  random: Random,
): Promise<Sent["answers"][number] | null> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    const url = places[Math.floor(random.fraction() * places.length)]?.url() ?? null;
    const answer =
      url === null ? null : await posted(`${url}/api/incidents/generic`, headers, body);
    if (answer !== null) {
      const sequenceIds = answer.sequences.map(({ sequenceId }) => sequenceId);
      return { runId: answer.runId, sequenceIds };
    }
    await pass(AGAIN_MS);
  }
  return null;
}

/** The answer if it is 202; null for every other, and for none. */
async function posted(url: string, headers: Record<string, string>, body: string) {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal });
    return response.status === 202 ? acceptedSchema.parse(await response.json()) : null;
  } catch {
    return null;
  }
}

function drawnMachines(random: Random, all: readonly SimulatedMachine[]): SimulatedMachine[] {
  const most = random.fraction() < MANY_SHARE ? MANY_MACHINES : FEW_MACHINES;
  const count = 1 + Math.floor(random.fraction() * most);
  const from = Math.floor(random.fraction() * all.length);
  return Array.from({ length: count }, (_, index) => all[(from + index) % all.length]).filter(
    (machine) => machine !== undefined,
  );
}

function said(osPlatform: string): string {
  if (osPlatform.startsWith("Windows")) return "windows";
  return osPlatform === "macOS" ? "macos" : "linux";
}

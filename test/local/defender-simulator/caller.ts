import { onTestFinished } from "vitest";
import { virtualClock } from "../../../local/defender-simulator/clock.ts";
import type { VirtualClock } from "../../../local/defender-simulator/clock.ts";
import type {
  SimulatedLibraryFile,
  SimulatedMachine,
  SimulatorOptions,
} from "../../../local/defender-simulator/options.ts";
import { startSimulator } from "../../../local/defender-simulator/simulator.ts";
import type { Simulator } from "../../../local/defender-simulator/simulator.ts";
import type { Switches } from "../../../local/defender-simulator/switches.ts";

/** A simulator on virtual time, and a plain HTTP client for it that knows nothing of ours. */
export interface Bench {
  readonly simulator: Simulator;
  readonly clock: VirtualClock;
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Reply>;
  readonly submit: (
    machine: number,
    commands?: readonly unknown[],
    comment?: string,
  ) => Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The member at that path of the JSON body; undefined when there is none. */
  readonly at: (...path: (string | number)[]) => unknown;
}

/** The instant at which virtual time starts: 21 November 2026, 08:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 21, 8);

export const RUN = command("RunScript", { ScriptName: "run.ps1" });
export const GET = command("GetFile", { Path: "C:\\Temp\\out.zip" });
export const PUT = command("PutFile", { FileName: "tools.zip" });

export function command(type: string, params: Readonly<Record<string, string>>): unknown {
  return { type, params: Object.entries(params).map(([key, value]) => ({ key, value })) };
}

/** The id of the machine with that number. */
export function machineId(machine: number): string {
  return machine.toString(16).padStart(40, "0");
}

export function machines(
  count: number,
  change: Partial<SimulatedMachine> = {},
): readonly SimulatedMachine[] {
  return Array.from({ length: count }, (_, index) => ({
    id: machineId(index),
    computerDnsName: `pc-${index}.corp.contoso.example`,
    osPlatform: "Windows11",
    ...change,
  }));
}

const LIBRARY: readonly SimulatedLibraryFile[] = [
  {
    fileName: "run.ps1",
    content: Buffer.from("run"),
    simulate: { seconds: 30, creates: "C:\\Temp\\out.zip" },
  },
  { fileName: "tools.zip", content: Buffer.from("tools") },
];

/** Closed when the test is over. Actions are visible at once unless `switches` says otherwise. */
export async function startBench(
  options: Partial<Omit<SimulatorOptions, "switches">> & {
    readonly switches?: Partial<Switches>;
  } = {},
): Promise<Bench> {
  const clock = virtualClock(START_MS);
  const simulator = await startSimulator({
    seed: 7,
    clock,
    machines: machines(40),
    library: LIBRARY,
    ...options,
    switches: {
      visibleAfterSeconds: [0, 0],
      resultAfterSeconds: [0, 0],
      ...options.switches,
    },
  });
  onTestFinished(() => simulator.close());
  const call: Bench["call"] = async (method, path, body, headers) => {
    const url = path.startsWith("http") ? path : simulator.url + path;
    const init = body === undefined ? {} : { body: bodyOf(body) };
    const json = { "Content-Type": "application/json" };
    const sent = { ...(typeof body === "object" && !(body instanceof FormData) ? json : {}) };
    return replyOf(await fetch(url, { method, headers: { ...sent, ...headers }, ...init }));
  };
  return {
    simulator,
    clock,
    call,
    submit: (machine, commands = [RUN], comment = "a test") =>
      call("POST", `/api/machines/${machineId(machine)}/runliveresponse`, {
        Commands: commands,
        Comment: comment,
      }),
  };
}

function bodyOf(body: unknown): string | FormData {
  if (body instanceof FormData) return body;
  return typeof body === "string" ? body : JSON.stringify(body);
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    at: (...path) => {
      let value: unknown = JSON.parse(text);
      for (const part of path) {
        if (typeof value !== "object" || value === null) return undefined;
        value = Object.entries(value).find(([name]) => name === String(part))?.[1];
      }
      return value;
    },
  };
}

/** The code of an error answer. */
export function codeOf(reply: Reply): unknown {
  return reply.at("error", "code");
}

/** The id of the action that a POST answered with. */
export function idOf(reply: Reply): string {
  return String(reply.at("id"));
}

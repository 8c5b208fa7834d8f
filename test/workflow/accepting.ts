import { setTimeout as pass } from "node:timers/promises";
import { createMemoryBells } from "../../local/memory/bells.ts";
import { createMemoryLedger, type MemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import type { Defender, Ledger } from "../../shared/ports.ts";
import {
  accept,
  type Acceptance,
  type AcceptPorts,
  type AcceptSettings,
  type Submission,
} from "../../shared/workflow/accept.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { catalogue, incident } from "../plan/planning.ts";
import { shippedRouting } from "../plan/shipped.ts";

/** The workflows that take incidents in, on a ledger in memory. */
export interface Accepting {
  readonly ledger: MemoryLedger;
  readonly ports: AcceptPorts;
  /** An incident by its id with the machines of these numbers; or with what is told. */
  accept(
    incidentId: string,
    machines: readonly number[],
    submission?: Partial<Submission>,
  ): Promise<Acceptance>;
  pass(ms: number): void;
}

/** Waits are this many times shorter than they ask for. */
const HASTE = 100;

/** `settings` beside those of an app that asks for nothing. */
export function startAccepting(settings: Partial<AcceptSettings> = {}): Accepting {
  const time = { ms: START_MS };
  const nowMs = () => time.ms;
  const ledger = createMemoryLedger();
  const ports: AcceptPorts = {
    ledger: yielding(ledger),
    bells: createMemoryBells({ nowMs }),
    defender: noDefender(),
    clock: {
      earliest: nowMs,
      latest: nowMs,
      monotonicMs: nowMs,
      sleep: async (ms) => await pass(ms / HASTE),
    },
    random: createSeededRandom(11),
    log: () => undefined,
  };
  const limits = someLimits();
  const all: AcceptSettings = {
    limits,
    expiryMs: 72 * 3_600_000,
    catalogue,
    routing: shippedRouting(),
    scope: {},
    policy: null,
    approvalMs: 3_600_000,
    ...settings,
  };
  return {
    ledger,
    ports,
    accept: async (incidentId, machines, submission = {}) =>
      await accept(ports, all, { ...aSubmission(incidentId, machines), ...submission }),
    pass: (ms) => {
      time.ms += ms;
    },
  };
}

function aSubmission(incidentId: string, numbers: readonly number[]): Submission {
  const machines = numbers.map((number) => ({
    machineId: number.toString(16).padStart(40, "0"),
    name: null,
    platform: "windows" as const,
  }));
  return {
    incident: incident({ incidentId, machines }),
    caller: "soar",
    asked: { profile: null, parameters: {} },
    idempotencyKey: null,
    requestHash: incidentId,
    objectId: null,
    caps: null,
    callbacks: [],
    again: false,
    mayUse: () => true,
  };
}

/** Others get their turn before each call, as they do on a network. */
function yielding(ledger: Ledger): Ledger {
  return {
    read: async (key) => {
      await pass(0);
      return await ledger.read(key);
    },
    list: async (from, before, limit) => await ledger.list(from, before, limit),
    commit: async (changes) => {
      await pass(0);
      return await ledger.commit(changes);
    },
  };
}

async function never(): Promise<never> {
  throw new Error("nobody asks Defender here");
}

function noDefender(): Defender {
  return {
    prepare: never,
    submit: never,
    listActions: never,
    listPending: never,
    getAction: never,
    cancelAction: never,
    resultLink: never,
    download: never,
    findMachines: never,
    getMachine: never,
    machinesSeenSince: never,
  };
}

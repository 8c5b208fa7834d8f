import { setTimeout as pass } from "node:timers/promises";
import { createMemoryBells } from "../../local/memory/bells.ts";
import { createMemoryLedger, type MemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { PLANNED, runIdOfPlanned, sequenceKey } from "../../shared/ledger/row/keys.ts";
import { sequenceSchema, type SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Ledger } from "../../shared/ports.ts";
import {
  accept,
  type Acceptance,
  type AcceptPorts,
  type AcceptSettings,
  type Submission,
} from "../../shared/workflow/accept/accept.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { unfold } from "../../shared/store/unfold.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { catalogue, incident } from "../plan/planning.ts";
import { shippedRouting } from "../plan/shipped.ts";
import { knowingEach } from "./known-machines.ts";
import { noDefender } from "./no-defender.ts";

/** The workflows that take incidents in, on a ledger in memory. Defender knows every machine. */
export interface Accepting {
  readonly ledger: MemoryLedger;
  readonly ports: AcceptPorts;
  /** An incident by its id with the machines of these numbers; or with what is told. */
  accept(
    incidentId: string,
    machines: readonly number[],
    submission?: Partial<Submission>,
    through?: AcceptPorts,
  ): Promise<Acceptance>;
  /** The keys of each commit so far. */
  readonly commits: readonly (readonly string[])[];
  pass(ms: number): void;
  /** All sequences there are, each with rows of its own by now. */
  unfolded(): Promise<SequenceRecord[]>;
}

/** Waits are this many times shorter than they ask for. */
const HASTE = 100;

/** `settings` beside those of an app that asks for nothing. */
export function startAccepting(settings: Partial<AcceptSettings> = {}): Accepting {
  const time = { ms: START_MS };
  const nowMs = () => time.ms;
  const ledger = createMemoryLedger();
  const commits: string[][] = [];
  const outside = {
    ledger: yielding(ledger, commits),
    bells: createMemoryBells({ nowMs }),
    defender: { ...noDefender(), readMachines: knowingEach() },
    clock: {
      earliest: nowMs,
      latest: nowMs,
      monotonicMs: nowMs,
      sleep: async (ms: number) => await pass(ms / HASTE),
    },
    random: createSeededRandom(11),
    log: () => undefined,
  };
  const limits = settings.limits ?? someLimits();
  const ports: AcceptPorts = {
    ...outside,
    countedCommits: createCountedCommits(outside),
    lookUpPayments: createLookUpPayments(outside, limits),
  };
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
    commits,
    accept: async (incidentId, machines, submission = {}, through = ports) =>
      await accept(through, all, { ...aSubmission(incidentId, machines), ...submission }),
    pass: (ms) => {
      time.ms += ms;
    },
    unfolded: async () => {
      const pointers = ledger.rows().filter(({ key }) => key.startsWith(PLANNED.from));
      for (const { key } of pointers) await unfold(ports, runIdOfPlanned(key));
      const rows = ledger.rows().filter(({ key }) => key.startsWith(sequenceKey("")));
      return rows.map(({ body }) => sequenceSchema.parse(body));
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
    team: "soar",
    asked: { profile: null, parameters: {} },
    idempotencyKey: null,
    requestHash: incidentId,
    signedAtSeconds: null,
    objectId: null,
    caps: null,
    callbacks: [],
    again: false,
    whyNotUse: () => null,
  };
}

/** Others get their turn before each call, as they do on a network. */
function yielding(ledger: Ledger, commits: string[][]): Ledger {
  return {
    read: async (key) => {
      await pass(0);
      return await ledger.read(key);
    },
    list: async (from, before, limit) => await ledger.list(from, before, limit),
    commit: async (changes) => {
      await pass(0);
      commits.push(changes.map(({ key }) => key));
      return await ledger.commit(changes);
    },
  };
}

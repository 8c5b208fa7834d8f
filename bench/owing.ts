import { noPoison } from "../local/memory/no-poison.ts";
import { createMemoryBells } from "../local/memory/bells.ts";
import { createMemoryClock } from "../local/memory/clock.ts";
import { countedLedger } from "../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../local/memory/ledger.ts";
import { createMemoryRows } from "../local/memory/rows.ts";
import { createSeededRandom } from "../local/memory/random.ts";
import { DEFAULT_TIMEOUTS } from "../shared/defender/options.ts";
import { createDefender } from "../shared/defender/client.ts";
import { runKey } from "../shared/ledger/row/keys.ts";
import { insertion } from "../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../shared/ledger/sequence/sequence.ts";
import type { Limits } from "../shared/limits/pace/limits.ts";
import type { Defender, EvidenceStore, Ports } from "../shared/ports.ts";
import { runIdOf, sequenceIdOf } from "../shared/plan/identity.ts";
import { collect } from "../shared/workflow/collect/collect.ts";
import { aRun } from "../test/ledger/a-run.ts";
import { anOwing, START_MS } from "../test/ledger/a-sequence.ts";
import { SHIPPED } from "./shipped-limits.ts";

/** Requests that collecting made, by the door they went through. */
interface Requests {
  ledger: number;
  evidence: number;
  defender: number;
}

/** A run whose sequences have ended, and the ports to collect what they owe. */
export interface Owing {
  readonly runId: string;
  readonly sequenceIds: readonly string[];
  readonly ports: Ports;
  readonly requests: Requests;
}

/**
 * Sequences with so many results each; an action's id names what `byte-server.ts` serves for it,
 * such as `bytes-1024`. The ledger is in memory: it is the copy that is measured.
 */
export async function oweResults(
  evidence: EvidenceStore,
  serverUrl: string,
  asked: { sequences: number; resultsEach: number; actionId: string },
): Promise<Owing> {
  const ledger = createMemoryLedger();
  const runId = runIdOf({ source: "generic", incidentId: asked.actionId, again: null, team: null });
  const sequences = Array.from({ length: asked.sequences }, (_, number) =>
    endedSequence(runId, number, asked),
  );
  const run = aRun({ runId, accepted: asked.sequences, open: asked.sequences });
  await ledger.commit([{ op: "insert", key: runKey(runId), body: run }]);
  for (const sequence of sequences) await ledger.commit(insertion(sequence));
  const requests: Requests = { ledger: 0, evidence: 0, defender: 0 };
  const clock = createMemoryClock({ startMs: START_MS + 60_000 });
  const ports: Ports = {
    ledger: countedLedger(ledger, () => (requests.ledger += 1)),
    evidence: countedEvidence(evidence, () => (requests.evidence += 1)),
    rows: createMemoryRows(),
    bells: createMemoryBells({ nowMs: () => clock.nowMs() }),
    poison: noPoison,
    callbacks: {
      send: async () => {
        throw new Error("nobody is called back here");
      },
    },
    defender: countedDefender(defenderAt(serverUrl), () => (requests.defender += 1)),
    clock,
    random: createSeededRandom(7),
    log: () => undefined,
  };
  return { runId, sequenceIds: sequences.map((each) => each.sequenceId), ports, requests };
}

/** Collects all that is owed, one sequence after the other. Throws when one cannot be. */
export async function collectAll({ ports, sequenceIds }: Owing): Promise<void> {
  const settings = { limits: GENEROUS, version: "bench", commit: "unknown", catalogue: new Map() };
  for (const sequenceId of sequenceIds) {
    const { kind } = await collect(ports, settings, sequenceId);
    if (kind !== "done") throw new Error(`collecting ended with ${kind}`);
  }
}

/** So that no limit of the tenant is what is measured. */
const GENEROUS: Limits = { ...SHIPPED, readsPerMinute: 1_000_000, readsPerHour: 10_000_000 };

function defenderAt(serverUrl: string): Defender {
  return createDefender({
    baseUrl: serverUrl,
    getToken: async () => ({ token: "bench", expiresAtMs: Date.now() + 3_600_000 }),
    nowMs: Date.now,
    timeouts: DEFAULT_TIMEOUTS,
    linkHosts: [new URL(serverUrl).host],
  });
}

/** Counts what collecting asks of Defender: links and downloads. */
function countedDefender(defender: Defender, count: () => void): Defender {
  return {
    ...defender,
    resultLink: async (...asked) => {
      count();
      return await defender.resultLink(...asked);
    },
    download: async (link) => {
      count();
      return await defender.download(link);
    },
  };
}

/** Counts what is stored; reading it back is no part of collecting. */
function countedEvidence(evidence: EvidenceStore, count: () => void): EvidenceStore {
  return {
    put: async (path, content) => {
      count();
      return await evidence.put(path, content);
    },
    open: async (path) => await evidence.open(path),
  };
}

function endedSequence(
  runId: string,
  number: number,
  { resultsEach, actionId }: { resultsEach: number; actionId: string },
): SequenceRecord {
  const machineId = number.toString(16).padStart(40, "0");
  const profile = { name: "bench", version: 1, hash: "0".repeat(64) };
  const sequenceId = sequenceIdOf(runId, { machineId, profile, parameters: {} });
  const files = Array.from({ length: resultsEach }, (_, index) => `C:\\f${index}`);
  const commands = files.map((path) => ({ type: "GetFile" as const, path }));
  return anOwing(commands, { sequenceId, runId, machineId, profile, actionId });
}

import { createMemoryBells } from "../local/memory/bells.ts";
import { createMemoryClock } from "../local/memory/clock.ts";
import { createMemoryLedger } from "../local/memory/ledger.ts";
import { createSeededRandom } from "../local/memory/random.ts";
import { DEFAULT_TIMEOUTS } from "../shared/defender/options.ts";
import { createDefender } from "../shared/defender/client.ts";
import { FIRST_HEAD } from "../shared/ledger/run/chain-head.ts";
import { runKey } from "../shared/ledger/row/keys.ts";
import { insertion } from "../shared/ledger/sequence/rows.ts";
import { runSchema } from "../shared/ledger/run/run.ts";
import { sequenceSchema } from "../shared/ledger/sequence/sequence.ts";
import type { Limits } from "../shared/limits/pace/limits.ts";
import type { Defender, EvidenceStore, Ledger, Ports } from "../shared/ports.ts";
import { runIdOf, sequenceIdOf } from "../shared/plan/identity.ts";
import { collect } from "../shared/workflow/collect/collect.ts";
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

const NOW_MS = Date.parse("2026-11-20T10:00:00Z");

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
  const runId = runIdOf({ source: "generic", incidentId: asked.actionId, again: null });
  const sequences = Array.from({ length: asked.sequences }, (_, number) =>
    endedSequence(runId, number, asked),
  );
  const run = runRecord(runId, asked.sequences);
  await ledger.commit([{ op: "insert", key: runKey(runId), body: run }]);
  for (const sequence of sequences) await ledger.commit(insertion(sequence));
  const requests: Requests = { ledger: 0, evidence: 0, defender: 0 };
  const clock = createMemoryClock({ startMs: NOW_MS });
  const ports: Ports = {
    ledger: countedLedger(ledger, () => (requests.ledger += 1)),
    evidence: countedEvidence(evidence, () => (requests.evidence += 1)),
    bells: createMemoryBells({ nowMs: () => clock.nowMs() }),
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
  const settings = { limits: GENEROUS, version: "bench", commit: "unknown" };
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

function countedLedger(ledger: Ledger, count: () => void): Ledger {
  return {
    read: async (key) => {
      count();
      return await ledger.read(key);
    },
    list: async (from, before, limit) => {
      count();
      return await ledger.list(from, before, limit);
    },
    commit: async (changes) => {
      count();
      return await ledger.commit(changes);
    },
  };
}

function runRecord(runId: string, sequences: number) {
  return runSchema.parse({
    v: 1,
    runId,
    source: "generic",
    incidentId: "bench",
    title: "Bench",
    severity: "low",
    url: null,
    requestedBy: "bench",
    requestedAtMs: NOW_MS,
    accepted: sequences,
    open: sequences,
    finishedAtMs: null,
    skipped: [],
    custody: FIRST_HEAD,
    audit: FIRST_HEAD,
  });
}

function endedSequence(
  runId: string,
  number: number,
  { resultsEach, actionId }: { resultsEach: number; actionId: string },
) {
  const profile = { name: "bench", version: 1 };
  const machineId = number.toString(16).padStart(40, "0");
  const indexes = Array.from({ length: resultsEach }, (_, index) => index);
  return sequenceSchema.parse({
    v: 1,
    sequenceId: sequenceIdOf(runId, { machineId, profile, parameters: {} }),
    runId,
    machineId,
    machineName: `pc-${number}.example`,
    profile: { ...profile, hash: "0".repeat(64) },
    parameters: {},
    lane: 3,
    pass: 1,
    parts: [indexes.map((index) => ({ type: "GetFile", path: `C:\\f${index}` }))],
    part: 0,
    attempt: 1,
    state: "succeeded",
    place: null,
    reason: null,
    acceptedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 1,
    claimedAtMs: NOW_MS,
    submittedAtMs: NOW_MS,
    endedAtMs: NOW_MS,
    actionId,
    actionStatus: "Succeeded",
    offlineTimes: 0,
    busyTimes: 0,
    cancel: null,
    outcome: null,
    progress: indexes.map(completed),
    results: indexes.map((index) => owed(actionId, index)),
  });
}

function completed(index: number) {
  return {
    part: 0,
    index,
    type: "GetFile",
    status: "Completed",
    startedAtMs: NOW_MS,
    endedAtMs: NOW_MS,
    errors: [],
  };
}

function owed(actionId: string, index: number) {
  return {
    part: 0,
    index,
    type: "GetFile",
    actionId,
    state: "owed",
    tries: 0,
    dueAtMs: null,
    absentSinceMs: null,
    again: false,
    detail: null,
    path: null,
    servedName: null,
    size: null,
    sha256: null,
    content: null,
    script: null,
  };
}

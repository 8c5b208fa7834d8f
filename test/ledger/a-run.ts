import { FIRST_HEAD } from "../../shared/ledger/run/chain-head.ts";
import type { RunRecord } from "../../shared/ledger/run/run.ts";
import { RUN_ID, START_MS } from "./a-sequence.ts";

/** A run without sequences, a gate, or anybody who is told; or as told. */
export function aRun(overrides: Partial<RunRecord> = {}): RunRecord {
  return {
    v: 1,
    runId: RUN_ID,
    source: "generic",
    incidentId: "case-1",
    title: "Case 1",
    severity: "high",
    url: null,
    team: "analyst",
    requestedBy: "analyst",
    requestedAtMs: START_MS,
    accepted: 0,
    open: 0,
    finishedAtMs: null,
    skipped: [],
    readAs: [],
    custody: FIRST_HEAD,
    audit: FIRST_HEAD,
    armId: null,
    callbacks: [],
    gate: null,
    turns: 0,
    cancelAsked: null,
    approval: null,
    driftToldAtMs: null,
    seal: null,
    sealAsked: 0,
    tally: [],
    summary: null,
    outputRead: [],
    sweep: null,
    ...overrides,
  };
}

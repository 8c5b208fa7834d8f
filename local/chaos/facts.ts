import { join } from "node:path";
import { z } from "zod";
import { verifyAudit, type AuditRecord } from "../../shared/evidence/audit.ts";
import { isTerminal, SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";
import type { Simulator } from "../defender-simulator/simulator.ts";
import { evidenceApi, type EvidenceApi } from "../lrq/api.ts";
import { exportRun } from "../lrq/export-run.ts";
import { verifyFolder } from "../lrq/verify-folder.ts";
import type { DoorAction, Facts, Sent, ReportedRun } from "./verdict.ts";

/** What lrq is asked in the end, and where its evidence is brought. */
export interface Asked {
  readonly url: string;
  readonly key: string;
  readonly dataDir: string;
}

const runSchema = z.object({
  runId: z.string(),
  state: z.string(),
  sequences: z.array(
    z.object({
      sequenceId: z.string(),
      machineId: z.string(),
      state: z.enum(SEQUENCE_STATES),
      outcome: z.object({ code: z.string() }).nullable(),
      commands: z.array(z.object({ result: z.object({ state: z.string() }).nullable() })),
    }),
  ),
});

/** Events that tell of the one action a sequence has; any other names one that is too many. */
const OF_THE_ONE = new Set(["claimed", "submitted", "unconfirmed", "adopted", "ended"]);
const ANSWER_TIMEOUT_MS = 30_000;

/** A run as lrq tells of it now, its evidence not yet looked at. */
export async function readRun({ url, key }: Asked, runId: string): Promise<ReportedRun> {
  const headers = { authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(`${url}/api/runs/${runId}`, { headers, signal });
  if (!response.ok) throw new Error(`lrq answered ${response.status} to runs/${runId}`);
  const { state, sequences } = runSchema.parse(await response.json());
  return {
    runId,
    state,
    findings: [],
    sequences: sequences.map((each) => ({
      sequenceId: each.sequenceId,
      machineId: each.machineId,
      state: each.state,
      owed: each.commands.filter(({ result }) => result?.state === "owed").length,
      isExplained: isTerminal(each) && (each.state === "succeeded" || each.outcome !== null),
    })),
  };
}

/** Everything a verdict needs; brings all evidence out, to look at it. */
export async function gatherFacts(
  asked: Asked,
  simulator: Simulator,
  sent: readonly Sent[],
  limit: Facts["limit"],
): Promise<Facts> {
  const api = evidenceApi(asked);
  const runIds = new Set(sent.flatMap(({ answers }) => answers.map(({ runId }) => runId)));
  const runs: ReportedRun[] = [];
  for (const runId of runIds) {
    const findings = await evidenceFindings(api, runId, join(asked.dataDir, "evidence", runId));
    runs.push({ ...(await readRun(asked, runId)), findings });
  }
  const records = await api.audit(null);
  const checked = verifyAudit(records);
  return {
    sent,
    runs,
    limit,
    actions: simulator.actions().map(seen),
    saidTwice: namedAsSecond(records),
    arrivalsAtMs: simulator.arrivals().map(({ atMs }) => atMs),
    violations: simulator.violations(),
    logFindings: checked.kind === "ok" ? [] : [JSON.stringify(checked)],
  };
}

function seen({ id, comment, commands }: ReturnType<Simulator["actions"]>[number]): DoorAction {
  return { id, comment, hasRun: commands.some(({ startAtMs }) => startAtMs !== null) };
}

/** Actions that the log does not name as the one of their sequence. */
function namedAsSecond(records: readonly AuditRecord[]): ReadonlySet<string> {
  return new Set(
    records
      .filter(({ event }) => !OF_THE_ONE.has(event))
      .flatMap(({ sequences }) => sequences.map(({ machineActionId }) => machineActionId))
      .filter((id) => id !== null),
  );
}

async function evidenceFindings(
  api: EvidenceApi,
  runId: string,
  folder: string,
): Promise<readonly string[]> {
  try {
    await exportRun(api, runId, folder);
    const { findings } = await verifyFolder(folder);
    return findings.map(({ where, what }) => `${where}: ${what}`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

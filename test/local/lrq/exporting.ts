import { wholeFor } from "../../access/reaching.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { EvidenceApi } from "../../../local/lrq/api.ts";
import { exportRun, type ExportedRun } from "../../../local/lrq/export-run.ts";
import { auditRecordSchema } from "../../../shared/evidence/audit.ts";
import type { Ports } from "../../../shared/ports.ts";
import { factAbout } from "../../../shared/store/audit.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { moveWithBudget } from "../../../shared/store/move-with-budget.ts";
import { recordForRun } from "../../../shared/store/record-for-run.ts";
import { readDecisions } from "../../../shared/workflow/view/read-decisions.ts";
import { readQueueAudit, readRunAudit } from "../../../shared/workflow/view/read-audit.ts";
import { readSeals } from "../../../shared/workflow/view/read-seals.ts";
import { listEvidence, openEvidence } from "../../../shared/workflow/view/read-evidence.ts";
import { aSequence, RUN_ID, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { type Collecting, openCollecting, type Served } from "../../workflow/collecting.ts";

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lrq-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the routes answer, without HTTP between. */
export function apiOf(collecting: Collecting): EvidenceApi {
  const ports = collecting.ports();
  return {
    manifest: async () => {
      const { entries, ...manifest } = await collecting.manifest();
      return { ...manifest, entries: [...entries] };
    },
    list: async (runId) => (await listEvidence(ports, runId, wholeFor("examiner"))) ?? [],
    seals: async (runId) => {
      const read = await readSeals(ports, runId);
      if (read === null) throw new Error("there is no run");
      return { ...read, seals: [...read.seals] };
    },
    decisions: async (runId) => {
      const page = await readDecisions(ports, runId, 1);
      return page?.decisions ?? [];
    },
    open: async (_, { sequenceId, index }) => {
      const opened = await openEvidence(ports, { sequenceId, index }, wholeFor("examiner"));
      if (opened === null) throw new Error("not there");
      return opened.content;
    },
    audit: async (runId) => {
      const page =
        runId === null ? await readQueueAudit(ports, 1) : await readRunAudit(ports, runId, 1);
      return (page?.records ?? []).map((record) => auditRecordSchema.parse(record));
    },
  };
}

const STRANGER = "9".repeat(20) + ".999999999999";

/** What the queue decides about a sequence until it ends, together with one of another run. */
export async function decideAbout(ports: Ports, sequenceId: string): Promise<void> {
  for (const event of ["claimed", "submitted", "ended"] as const) {
    const before = await loadSequence(ports.ledger, sequenceId);
    if (before === null) throw new Error(`${sequenceId} is gone`);
    const { state, outcome } = before.value;
    const end = outcome === null ? state : `${state}, ${outcome.code}: ${outcome.detail}`;
    const stranger = aSequence({ sequenceId: STRANGER });
    const about = { atMs: START_MS, detail: event === "ended" ? end : "" };
    const facts = [factAbout(event, [before.value, stranger], about)];
    const change = { before, after: before.value, nowMs: START_MS };
    await moveWithBudget(ports, change, { onBudget: (budget) => budget, facts });
  }
}

/** A run of these results, collected and brought out into a folder of its own. */
export async function exported(
  served: readonly Served[],
): Promise<{ folder: string; run: ExportedRun; collecting: Collecting }> {
  const collecting = await openCollecting(served);
  const ports = collecting.ports();
  await recordForRun(ports, RUN_ID, "accepted", { by: "analyst" });
  await decideAbout(ports, SEQUENCE_ID);
  await collecting.collect();
  const folder = join(temporaryFolder(), "run");
  const run = await exportRun(apiOf(collecting), RUN_ID, folder);
  return { folder, run, collecting };
}

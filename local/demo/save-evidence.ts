import { join } from "node:path";
import type { EvidenceApi } from "../lrq/api.ts";
import type { ManifestFile } from "../lrq/custody-folder.ts";
import { type ExportedFile, exportRun } from "../lrq/export-run.ts";
import { type Finding, verifyFolder } from "../lrq/verify-folder.ts";
import { safeFileName } from "../file-name.ts";
import type { RunAnswer } from "../run-answer.ts";

/** One result as it was downloaded; its path is below the evidence folder. */
export type SavedFile = ExportedFile;

/** What was brought out of one run. */
export interface SavedRun {
  readonly runId: string;
  readonly manifest: Omit<ManifestFile, "v">;
  /** The run's folder below the evidence folder. */
  readonly folder: string;
  readonly files: readonly SavedFile[];
  /** What `lrq verify` finds wrong in the folder. */
  readonly findings: readonly Finding[];
}

/**
 * Exports each run into a folder of its own below `folder`, as `lrq export` does, and verifies it
 * there. Throws if lrq does not answer as it should.
 */
export async function saveEvidence(
  api: EvidenceApi,
  runs: readonly Pick<RunAnswer, "runId" | "source">[],
  folder: string,
): Promise<readonly SavedRun[]> {
  const saved: SavedRun[] = [];
  for (const { runId, source } of runs) {
    const name = `${safeFileName(source)}-${safeFileName(runId)}`;
    const { manifest, files } = await exportRun(api, runId, join(folder, name));
    const { findings } = await verifyFolder(join(folder, name), manifest.head);
    const below = files.map(({ path, ...file }) =>
      Object.assign(file, { path: `${name}/${path}` }),
    );
    saved.push({ runId, manifest, folder: name, files: below, findings });
  }
  return saved;
}

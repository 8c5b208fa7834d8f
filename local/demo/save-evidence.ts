import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CastMember } from "./cast.ts";
import { safeFileName } from "./file-name.ts";
import { nameOf } from "./frame.ts";
import type { LrqClient } from "./lrq-client.ts";
import type { CommandAnswer, ManifestAnswer, RunAnswer } from "./run-answer.ts";

/** One result as it was downloaded. */
export interface SavedFile {
  readonly sequenceId: string;
  readonly index: number;
  /** Below the evidence folder, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** Of the bytes that came, lower-case hex. */
  readonly sha256: string;
}

/** What was brought out of one run. */
export interface SavedRun {
  readonly runId: string;
  readonly manifest: ManifestAnswer;
  readonly manifestPath: string;
  readonly files: readonly SavedFile[];
}

/**
 * Downloads every stored result and the manifest of each run below `folder`, and writes SHA256SUMS
 * over all of it, as `sha256sum -c` wants it. Throws if a download fails.
 */
export async function saveEvidence(
  client: Pick<LrqClient, "manifest" | "evidence">,
  runs: readonly RunAnswer[],
  members: readonly CastMember[],
  folder: string,
): Promise<readonly SavedRun[]> {
  const saved: SavedRun[] = [];
  const sums: string[] = [];
  const keep = (path: string, content: Uint8Array): string => {
    const sha256 = createHash("sha256").update(content).digest("hex");
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // A name that is taken already is a bug here, and must not cost a file.
    writeFileSync(join(folder, path), content, { flag: "wx" });
    sums.push(`${sha256}  ${path}\n`);
    return sha256;
  };
  for (const run of runs) {
    const files = await saveResults(client, run, members, keep);
    const { text, manifest } = await client.manifest(run.runId);
    const manifestPath = `${safeFileName(run.source)}-${safeFileName(run.runId)}/manifest.json`;
    keep(manifestPath, Buffer.from(text));
    saved.push({ runId: run.runId, manifest, manifestPath, files });
  }
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""), { flag: "wx" });
  return saved;
}

async function saveResults(
  client: Pick<LrqClient, "manifest" | "evidence">,
  { runId, sequences }: RunAnswer,
  members: readonly CastMember[],
  keep: (path: string, content: Uint8Array) => string,
): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  for (const sequence of sequences) {
    const { sequenceId } = sequence;
    for (const command of sequence.commands) {
      if (command.result?.state !== "stored") continue;
      const { index } = command;
      const content = await client.evidence(runId, sequenceId, index);
      const path = `${safeFileName(nameOf(sequence, members))}/${index}-${fileNameOf(command)}`;
      files.push({ sequenceId, index, path, size: content.length, sha256: keep(path, content) });
    }
  }
  return files;
}

/**
 * A script's result is JSON and comes without a name; a file comes with the one it was served
 * under.
 */
function fileNameOf({ type, target, result }: CommandAnswer): string {
  if (type === "RunScript") return `${safeFileName(target.split(" ")[0] ?? "")}.json`;
  return safeFileName(result?.servedName ?? target);
}

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { custodyEntrySchema } from "../../shared/evidence/custody.ts";
import { type Statement, statementSchema } from "../../shared/evidence/statement.ts";
import type { EvidenceApi, Listed } from "./api.ts";
import {
  AUDIT,
  auditEnd,
  auditText,
  decisionChains,
  DECISIONS,
  INDEX,
  indexText,
  MANIFEST,
  type ManifestFile,
  manifestText,
  pathOf,
  sealName,
  SUMS,
  sumsText,
  tellsDecisions,
  UNSEALED,
} from "./custody-folder.ts";
import type { Hashed } from "./hash-file.ts";
import { saveFile } from "./save-file.ts";

/** A result as it was brought out; `path` is below the folder, with forward slashes. */
export interface ExportedFile extends Hashed {
  readonly sequenceId: string;
  readonly index: number;
  readonly path: string;
}

/** A run as it was brought out. */
export interface ExportedRun {
  readonly runId: string;
  readonly manifest: ManifestFile;
  readonly files: readonly ExportedFile[];
  /** The hash of its last seal; null if it has none. */
  readonly seal: string | null;
  /** False if that does not cover all of it. */
  readonly isSealed: boolean;
}

/**
 * Downloads a run into `folder`, which must hold nothing of it yet: results one after the other in
 * constant memory, then manifest, log, seals and index, and SHA256SUMS last. Throws if lrq does not
 * answer as it should, or a file is there already.
 */
export async function exportRun(
  api: EvidenceApi,
  runId: string,
  folder: string,
): Promise<ExportedRun> {
  const { manifest, texts, statements } = await manifestAndSeals(api, runId);
  const listed = new Map((await api.list(runId)).map((each) => [each.path, each]));
  const entries = z.array(custodyEntrySchema).parse(manifest.entries);
  if (entries.some((entry) => entry.runId !== runId)) {
    throw new Error(`lrq was asked for ${runId}, but its manifest is of another run`);
  }
  const files: ExportedFile[] = [];
  for (const entry of entries) {
    const result = listed.get(entry.storedAs);
    if (result === undefined) throw new Error(`lrq does not list ${entry.storedAs}`);
    files.push(await exportResult(api, { runId, folder, path: pathOf(entry), result }));
  }
  // The log last: it then holds the reading of the files, too.
  const audit = await api.audit(runId);
  const sums = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  const write = (path: string, text: string): void => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, path), text, { flag: "wx" });
    sums.set(path, createHash("sha256").update(text).digest("hex"));
  };
  write(MANIFEST, manifestText(manifest));
  write(AUDIT, auditText(audit));
  if (tellsDecisions(statements.last)) {
    const chains = decisionChains(statements.last, await api.decisions(runId));
    write(DECISIONS, auditText(chains));
  }
  for (const [path, text] of texts) write(path, text);
  write(INDEX, indexText({ runId, entries, audit: auditEnd(audit), statements }));
  writeFileSync(join(folder, SUMS), sumsText(sums), { flag: "wx" });
  return {
    runId,
    manifest,
    files,
    seal: statements.seals.at(-1)?.hash ?? null,
    isSealed: statements.last.seal !== null,
  };
}

/** A run that goes on may get an entry between two questions; then both are asked again. */
const ASKED_MAX = 5;

/** The manifest, and seals that are of the same moment. */
async function manifestAndSeals(api: EvidenceApi, runId: string) {
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const { seals, unsealed } = await api.seals(runId);
    const manifest = await api.manifest(runId);
    const read = seals.map(({ text }) => {
      const hash = createHash("sha256").update(text).digest("hex");
      return { hash, statement: statementIn(runId, text) };
    });
    const last = unsealed === null ? read.at(-1)?.statement : statementIn(runId, unsealed);
    if (last === undefined) throw new Error(`lrq says of ${runId} neither seal nor state`);
    if (last.custody.count !== manifest.entries.length) continue;
    const texts = new Map(seals.map(({ text }, place) => [sealName(place + 1), text]));
    if (unsealed !== null) texts.set(UNSEALED, unsealed);
    return { manifest, texts, statements: { seals: read, last } };
  }
  throw new Error(`results of ${runId} keep coming: try again later`);
}

function statementIn(runId: string, text: string): Statement {
  const statement = statementSchema.parse(JSON.parse(text));
  if (statement.runId === runId) return statement;
  throw new Error(`lrq was asked for ${runId}, but sealed is ${statement.runId}`);
}

async function exportResult(
  api: EvidenceApi,
  at: { runId: string; folder: string; path: string; result: Listed },
): Promise<ExportedFile> {
  const { runId, folder, path, result } = at;
  const hashed = await saveFile(join(folder, path), () => api.open(runId, result));
  const { sequenceId, index } = result;
  return { sequenceId, index, path, ...hashed };
}

import { z } from "zod";
import type { Reach } from "../../access/reach.ts";
import { endOf } from "../../evidence/chain.ts";
import { CustodyTrouble } from "../../evidence/custody-trouble.ts";
import { custodyOf } from "../../ledger/row/keys.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { isRunId, isSequenceId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { listAll } from "../../store/list-all.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun, loadSequence } from "../../store/load.ts";

/** A run's custody chain; `head` is the hash of the last entry, 64 zeros while there is none. */
export interface Manifest {
  readonly v: 1;
  readonly runId: string;
  readonly head: string;
  /** Unchanged, of any version of the app, because their hashes cover every field. */
  readonly entries: readonly unknown[];
}

/**
 * A stored result of a run. `index` is that of its address: commands are counted over all parts.
 */
export interface ListedEvidence {
  readonly sequenceId: string;
  readonly index: number;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly type: "RunScript" | "GetFile";
  readonly servedName: string | null;
  readonly size: number;
  readonly sha256: string;
  /** Its path in the store, as in the custody entry: `storedAs`. */
  readonly path: string;
}

/** The bytes of one result, and what to call the file. */
export interface OpenedEvidence {
  readonly content: AsyncIterable<Uint8Array>;
  readonly size: number;
  readonly sha256: string;
  readonly fileName: string;
}

/** The fields that every version of an entry has. */
const linkSchema = z.object({ hash: z.string() });

/** The present manifest of a run; null if there is no such run. */
export async function readManifest(
  { ledger }: Pick<Ports, "ledger">,
  runId: string,
): Promise<Manifest | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (run === null) return null;
  const rows = await listAll(ledger, custodyOf(runId));
  // If entries joined after the run was read, they come with their new head.
  const entries = rows.map(({ body }) => body);
  const expected = endOf(run.value.custody)?.number ?? 0;
  if (entries.length < expected) {
    throw new CustodyTrouble(`custody entries of ${runId} are missing`);
  }
  const last = linkSchema.safeParse(entries.at(-1));
  return { v: 1, runId, head: last.data?.hash ?? run.value.custody.head, entries };
}

/**
 * The stored results of a run that a caller's rights cover, in the order of its machines and
 * commands; null if there is no such run.
 */
export async function listEvidence(
  { ledger }: Pick<Ports, "ledger">,
  runId: string,
  { covers }: Pick<Reach, "covers">,
): Promise<readonly ListedEvidence[] | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (run === null) return null;
  return (await listSequences(ledger, run.value)).records.filter(covers).flatMap(storedOf);
}

function storedOf(record: SequenceRecord): ListedEvidence[] {
  const { sequenceId, machineId, machineName } = record;
  return record.results.flatMap((result) => {
    const { part, type, servedName, size, sha256, path } = result;
    if (result.state !== "stored" || type === "PutFile") return [];
    if (size === null || sha256 === null || path === null)
      throw new Error(`${sequenceId} is stored, but not known`);
    const index = record.parts.slice(0, part).flat().length + result.index;
    return [{ sequenceId, index, machineId, machineName, type, servedName, size, sha256, path }];
  });
}

/**
 * A stored result by its command's index, counted over all parts; null if there is none, or none
 * yet. The log of the run names the reader before the first byte leaves.
 */
export async function openEvidence(
  ports: Pick<Ports, "ledger" | "evidence" | "clock" | "random">,
  { sequenceId, index }: { readonly sequenceId: string; readonly index: number },
  { by, covers }: Pick<Reach, "by" | "covers">,
): Promise<OpenedEvidence | null> {
  const record = isSequenceId(sequenceId) ? await loadSequence(ports.ledger, sequenceId) : null;
  if (record === null || !covers(record.value)) return null;
  const at = partOf(record.value, index);
  const result = record.value.results.find(
    (each) => each.part === at?.part && each.index === at.index && each.state === "stored",
  );
  if (result === undefined || result.path === null || result.sha256 === null) return null;
  const { runId } = record.value;
  const about = { by, record: record.value, detail: `${result.path} sha256 ${result.sha256}` };
  if (!(await recordForRun(ports, runId, "evidenceRead", about))) {
    throw new Error(`run ${runId} is gone`);
  }
  const opened = await ports.evidence.open(result.path);
  if (opened === null) {
    throw new CustodyTrouble(`${result.path} is recorded as stored, but is not there`);
  }
  if (opened.size !== result.size) {
    // Anybody with access to the container may have put another file there; lrq does not serve it.
    for await (const _ of opened.content) break;
    throw new CustodyTrouble(
      `${result.path} has ${opened.size} bytes; recorded are ${result.size}`,
    );
  }
  const suffix = sequenceId.slice(sequenceId.indexOf(".") + 1);
  return { ...opened, sha256: result.sha256, fileName: `${suffix}-${index}.bin` };
}

function partOf(record: SequenceRecord, index: number): { part: number; index: number } | null {
  let left = index;
  for (const [part, commands] of record.parts.entries()) {
    if (left < commands.length) return { part, index: left };
    left -= commands.length;
  }
  return null;
}

import { custodyEntrySchema, type CustodyEntry } from "../evidence/custody.ts";
import { custodyOf } from "../ledger/keys.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { isRunId, isSequenceId } from "../plan/identity.ts";
import type { Ports } from "../ports.ts";
import { loadRun, loadSequence } from "./load.ts";

/** A run's custody chain; `head` is the hash of the last entry, 64 zeros while there is none. */
export interface Manifest {
  readonly v: 1;
  readonly runId: string;
  readonly head: string;
  readonly entries: readonly CustodyEntry[];
}

/** The bytes of one result, and what to call the file. */
export interface OpenedEvidence {
  readonly content: AsyncIterable<Uint8Array>;
  readonly size: number;
  readonly sha256: string;
  readonly fileName: string;
}

const PAGE = 1_000;
/** More entries than a run can have results. */
const PAGES_MAX = 10_000;

/** The manifest of a run as it stands, or null if there is no such run. */
export async function readManifest(
  { ledger }: Pick<Ports, "ledger">,
  runId: string,
): Promise<Manifest | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (run === null) return null;
  const { from, before } = custodyOf(runId);
  const entries: CustodyEntry[] = [];
  let start = from;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const rows = await ledger.list(start, before, PAGE);
    entries.push(...rows.map((row) => custodyEntrySchema.parse(row.body)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    start = `${last.key}!`;
  }
  return { v: 1, runId, head: entries.at(-1)?.hash ?? run.value.custody.head, entries };
}

/**
 * A stored result by its command's index, counted through all parts; null if there is none, or none
 * yet.
 */
export async function openEvidence(
  { ledger, evidence }: Pick<Ports, "ledger" | "evidence">,
  sequenceId: string,
  index: number,
): Promise<OpenedEvidence | null> {
  const record = isSequenceId(sequenceId) ? await loadSequence(ledger, sequenceId) : null;
  if (record === null) return null;
  const at = partOf(record.value, index);
  const result = record.value.results.find(
    (each) => each.part === at?.part && each.index === at.index && each.state === "stored",
  );
  if (result === undefined || result.path === null || result.sha256 === null) return null;
  const opened = await evidence.open(result.path);
  if (opened === null) throw new Error(`${result.path} is recorded as stored, but is not there`);
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

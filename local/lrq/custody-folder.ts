import { z } from "zod";
import type { AuditRecord } from "../../shared/evidence/audit.ts";
import { hashSchema, headOf } from "../../shared/evidence/chain.ts";
import { type CustodyEntry, custodyEntrySchema } from "../../shared/evidence/custody.ts";
import { type Statement, statementSchema } from "../../shared/evidence/statement.ts";
import { type Decision, type DecisionFacts, linked } from "../../shared/evidence/decision.ts";
import { RESULT_PATH, resultPath } from "../../shared/evidence/paths.ts";
import { chainHeadSchema, type ChainHead, FIRST_HEAD } from "../../shared/ledger/run/chain-head.ts";

/*
 * What a run looks like on a disk: `manifest.json`, `audit.jsonl`, `decisions.jsonl`, `seal-1.json`
 * and those after it or `unsealed.json`, the results under the names that evidence/paths.ts builds,
 * `index.json` to find one's way, and `SHA256SUMS` over all of it. The text of each file follows from
 * what it says, so nothing can hide in how it is written.
 */

export const MANIFEST = "manifest.json";
export const AUDIT = "audit.jsonl";
export const INDEX = "index.json";
export const SUMS = "SHA256SUMS";
/** What the queue decided about each sequence. */
export const DECISIONS = "decisions.jsonl";
/** A run as it stood, where no seal covers that. */
export const UNSEALED = "unsealed.json";

/** The file of a seal, by its number; its SHA-256 is the hash of the seal. */
export function sealName(number: number): string {
  return `seal-${number}.json`;
}

const SEAL_PATH = /^seal-[1-9]\d*\.json$/;

export const manifestSchema = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  head: z.string(),
  entries: z.array(z.unknown()),
});
export type ManifestFile = z.infer<typeof manifestSchema>;

/** The form of an index of the present version. */
export const indexFileSchema = z.strictObject({
  v: z.literal(2),
  runId: z.string(),
  audit: z.strictObject({ count: z.int().nonnegative(), head: hashSchema }),
  state: z.enum(["sealed", "unsealed"]),
  seals: z.array(z.strictObject({ path: z.string().regex(SEAL_PATH), hash: hashSchema })),
  sequences: z.array(
    statementSchema.shape.sequences.element
      .pick({
        sequenceId: true,
        machineId: true,
        machineName: true,
        profile: true,
        state: true,
        outcome: true,
      })
      .extend({ left: z.array(z.string()) }),
  ),
  skipped: statementSchema.shape.skipped,
  files: z.array(
    custodyEntrySchema
      .pick({ machineId: true, machineName: true, command: true, servedName: true, size: true })
      .extend({ path: z.string().regex(RESULT_PATH) }),
  ),
});
type IndexFile = z.infer<typeof indexFileSchema>;

/** What an index of any version says that its other parts do not follow from. */
export const indexSchema = z.looseObject({ v: z.literal([1, 2]), audit: chainHeadSchema });

/** The statements of a folder: its seals, the first one first, and what it says of the run now. */
export interface FolderStatements {
  readonly seals: readonly { readonly hash: string; readonly statement: Statement }[];
  /** The last seal, or the statement that nobody has sealed. */
  readonly last: Statement;
}

export function manifestText(manifest: ManifestFile): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

export function auditText(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/**
 * The decisions as chains, one after the other in the order of the sequences, of each sequence that
 * the statement says to have a complete chain.
 */
export function decisionChains(
  { sequences }: Statement,
  decisions: readonly DecisionFacts[],
): readonly Decision[] {
  const own = bySequence(decisions);
  return sequences.flatMap(({ sequenceId, decisions: end = null }) => {
    const chain: Decision[] = [];
    for (const each of (end === null ? null : own.get(sequenceId)) ?? []) {
      chain.push(linked(decisionEnd(chain), each));
    }
    return chain;
  });
}

/** Each sequence with what is about it, in the order in which that was given. */
export function bySequence<T extends { readonly sequenceId: string }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(each.sequenceId);
    if (group === undefined) groups.set(each.sequenceId, [each]);
    else group.push(each);
  }
  return groups;
}

function decisionEnd(chain: readonly Decision[]): ChainHead {
  const last = chain.at(-1);
  return last === undefined ? FIRST_HEAD : headOf(last);
}

/** True if its folder has the decisions of the queue. */
export function tellsDecisions({ v }: Statement): boolean {
  return v >= 3;
}

/** What an index is made of; without statements it is one of the first version. */
export interface Indexed {
  readonly runId: string;
  readonly entries: readonly CustodyEntry[];
  /** Where the log of the run ended. */
  readonly audit: ChainHead;
  readonly statements: FolderStatements | null;
}

/**
 * What was asked for and what came of it, and which file came from where, for people. Throws if an
 * entry's ids are none.
 */
export function indexText({ runId, entries, audit, statements }: Indexed): string {
  const files = entries.map((entry) => {
    const { machineId, machineName, command, servedName, size } = entry;
    return { path: pathOf(entry), machineId, machineName, command, servedName, size };
  });
  const index =
    statements === null
      ? { v: 1, runId, audit, files }
      : ({
          v: 2,
          runId,
          audit,
          ...sealsIn(statements),
          ...askedIn(statements.last),
          files,
        } satisfies IndexFile);
  return `${JSON.stringify(index, null, 1)}\n`;
}

function sealsIn({ seals, last }: FolderStatements): Pick<IndexFile, "state" | "seals"> {
  return {
    state: last.seal === null ? "unsealed" : "sealed",
    seals: seals.map(({ hash }, place) => ({ path: sealName(place + 1), hash })),
  };
}

/** Every sequence, and every machine that was not accepted. */
function askedIn({ sequences, skipped }: Statement) {
  return {
    sequences: sequences.map((each) => {
      const { sequenceId, machineId, machineName, profile, state, outcome, commands } = each;
      // A file that was put on a machine stays there.
      const left = commands
        .filter(({ type, status }) => type === "PutFile" && status === "Completed")
        .map(({ target }) => target);
      return { sequenceId, machineId, machineName, profile, state, outcome, left };
    }),
    skipped,
  };
}

/** Where a result lies in the folder; only ids of ours are in it. Throws if they are none. */
export function pathOf(entry: Pick<CustodyEntry, "sequenceId" | "part" | "commandIndex">): string {
  return resultPath(entry.sequenceId, entry.part, entry.commandIndex);
}

/** `SHA256SUMS` as `sha256sum -c` reads it, in the order of the names. */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  const paths = [...sums.keys()].sort();
  return paths.map((path) => `${sums.get(path)}  ${path}\n`).join("");
}

/** Its lines back, or which of them is none. */
export function readSums(
  text: string,
): { readonly sums: ReadonlyMap<string, string> } | { readonly badLine: number } {
  const lines = text.split("\n");
  if (lines.pop() !== "") return { badLine: lines.length + 1 };
  const sums = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const [, sha256 = "", path = ""] = /^([0-9a-f]{64}) {2}([\w./-]+)$/.exec(line) ?? [];
    if (path === "" || sums.has(path)) return { badLine: index + 1 };
    sums.set(path, sha256);
  }
  return { sums };
}

/** The end of a log as its records tell it. */
export function auditEnd(records: readonly AuditRecord[]): ChainHead {
  const last = records.at(-1);
  return last === undefined
    ? { count: 0, head: "0".repeat(64) }
    : { count: last.number, head: last.hash };
}

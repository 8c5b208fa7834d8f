import { createHash } from "node:crypto";
import { type AuditRecord } from "../../shared/evidence/audit.ts";
import { type Statement, statementSchema, statementText } from "../../shared/evidence/statement.ts";
import { FIRST_HEAD } from "../../shared/ledger/run/chain-head.ts";
import { isTerminal } from "../../shared/ledger/sequence/sequence.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import { type FolderStatements, sealName, UNSEALED } from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { areInOrder, LATE_MS } from "./time-order.ts";
import { parsed } from "./parsed-json.ts";
import { readPlainText } from "./plain-files.ts";

/** A link of a chain, as far as a seal names it. */
interface Link {
  readonly number: number;
  readonly hash: string;
}

/** What a seal is held against: the links of the folder, in their order. */
export interface Chains {
  readonly runId: string;
  readonly entries: readonly Link[];
  readonly records: readonly Pick<AuditRecord, "number" | "hash">[];
}

/**
 * Reads the seals of a folder, and what it says of the run now. Null if it has neither: an lrq that
 * knew no seals has exported it.
 */
export function readStatements(
  folder: string,
  present: ReadonlySet<string>,
  found: Found,
): FolderStatements | null {
  const seals: { hash: string; statement: Statement }[] = [];
  for (let number = 1; present.has(sealName(number)); number += 1) {
    const read = readStatement(folder, sealName(number), found);
    if (read === null) return null;
    const previous = seals.at(-1)?.hash ?? FIRST_HEAD.head;
    const { seal } = read.statement;
    if (seal?.number !== number || seal.previous !== previous) {
      found(sealName(number), "does not name itself and the seal before it");
    }
    seals.push(read);
  }
  const unsealed = present.has(UNSEALED) ? readStatement(folder, UNSEALED, found) : null;
  if (unsealed !== null && unsealed.statement.seal !== null) {
    found(UNSEALED, "says that it is a seal");
  }
  const last = unsealed?.statement ?? seals.at(-1)?.statement ?? null;
  return last === null ? null : { seals, last };
}

function readStatement(
  folder: string,
  name: string,
  found: Found,
): { readonly hash: string; readonly statement: Statement } | null {
  const text = readPlainText(folder, name, found);
  if (text === null) return null;
  const statement = parsed(text, statementSchema);
  if (statement === null) {
    found(name, "is not a statement of version 1, 2 or 3");
    return null;
  }
  if (statementText(statement).text !== text) found(name, "is not written as lrq writes it");
  return { hash: createHash("sha256").update(text).digest("hex"), statement };
}

/** Holds every statement against the chains: each of them names an end that must be there. */
export function checkStatements(
  { seals, last }: FolderStatements,
  chains: Chains,
  found: Found,
): void {
  const all = seals.map(({ statement }) => statement);
  for (const [place, statement] of all.entries()) {
    checkStatement(sealName(place + 1), statement, chains, found);
  }
  if (last.seal === null) checkStatement(UNSEALED, last, chains, found);
  const name = nameOf(last);
  const { entries } = chains;
  if (last.custody.count !== entries.length) {
    found(name, `covers ${last.custody.count} custody entries; the manifest has ${entries.length}`);
  }
  for (const [place, earlier] of all.entries()) {
    const later = all[place + 1] ?? last;
    if (later.custody.count < earlier.custody.count || later.audit.count < earlier.audit.count) {
      found(sealName(place + 1), "covers more than the one after it");
    }
  }
}

/** The file that a statement is in. */
export function nameOf({ seal }: Statement): string {
  return seal === null ? UNSEALED : sealName(seal.number);
}

function checkStatement(
  name: string,
  statement: Statement,
  { runId, entries, records }: Chains,
  found: Found,
): void {
  if (statement.runId !== runId) found(name, "is of another run");
  if (statement.seal !== null && statement.finishedAt === null) {
    found(name, "seals a run that had not finished");
  }
  checkSequences(name, statement, found);
  checkEnd(name, { ...statement.custody, noun: "custody entry" }, entries, found);
  checkEnd(name, { ...statement.audit, noun: "audit record" }, records, found);
}

/** Whether what a statement says of all its sequences fits what it says of each. */
function checkSequences(name: string, statement: Statement, found: Found): void {
  const { seal, accepted, sequences, profiles, finishedAt, at } = statement;
  if (sequences.length !== accepted) {
    found(name, `says that ${accepted} sequences were asked for, and has ${sequences.length}`);
  }
  const ids = sequences.map(({ sequenceId }) => sequenceId);
  if (new Set(ids).size !== ids.length) found(name, "has a sequence twice");
  const used = sequences.map(({ profile }) => canonicalJson(profile));
  const named = profiles.map((each) => canonicalJson(each));
  if (named.toSorted().join() !== [...new Set(used)].toSorted().join()) {
    found(name, "has other profiles than its sequences");
  }
  const open = sequences.find((each) => !isTerminal(each));
  if (seal !== null && open !== undefined) {
    found(name, `seals ${open.sequenceId}, which is ${open.state}`);
  }
  if (finishedAt === null) return;
  const isEarly = sequences.some(({ endedAt }) => !areInOrder([endedAt, finishedAt], LATE_MS));
  if (isEarly || !areInOrder([finishedAt, at])) {
    found(name, "has the time when the run finished in no possible order");
  }
}

/** Whether the chain has the end that a statement names; it may go on after that. */
export function checkEnd(
  name: string,
  { count, head, noun }: { readonly count: number; readonly head: string; readonly noun: string },
  links: readonly Link[],
  found: Found,
): void {
  const there = count === 0 ? FIRST_HEAD.head : links[count - 1]?.hash;
  if (there === head) return;
  const missing = `ends at ${noun} ${count}, which is not in the folder: the chain was cut off`;
  const other = `has another hash of ${noun} ${count} than the folder: the chain was written anew`;
  found(name, there === undefined ? missing : other);
}

import type { AuditRecord } from "../../shared/evidence/audit.ts";
import type { CustodyEntry } from "../../shared/evidence/custody.ts";
import { reportedName } from "../../shared/evidence/reported-text.ts";
import type { Statement } from "../../shared/evidence/statement.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import { AUDIT, MANIFEST } from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { areInOrder, LATE_MS } from "./time-order.ts";
import { nameOf } from "./verify-seals.ts";

type Sequence = Statement["sequences"][number];
type Result = NonNullable<Sequence["commands"][number]["result"]>;

/** As many characters as a statement keeps of a name (`statement.ts`). */
const TARGET_CHARACTERS = 255;
/** What a record of reading says: which file, and its hash. */
const READING = /^(\S+) sha256 ([0-9a-f]{64})$/;

/** Whether the parts of a folder tell one story: what was asked, what came of it, who read it. */
export function checkStory(
  statement: Statement,
  entries: readonly CustodyEntry[],
  records: readonly AuditRecord[],
  found: Found,
): void {
  checkEntries(statement, entries, found);
  checkRequests(statement, records, found);
  checkApprovals(statement, records, found);
  checkTimes(statement, entries, found);
  checkLogTimes(records, found);
  const accepted = records.find(({ event }) => event === "accepted");
  if (accepted === undefined) found(AUDIT, "does not say that the run was accepted");
  else if (accepted.by !== statement.requestedBy) {
    found(AUDIT, `record ${accepted.number} names ${accepted.by}, not ${statement.requestedBy}`);
  }
}

/** Whether each record of reading names a result as the manifest has it. */
export function checkReadings(
  entries: readonly CustodyEntry[],
  records: readonly AuditRecord[],
  found: Found,
): void {
  const hashes = new Map(entries.map(({ storedAs, sha256 }) => [storedAs, sha256]));
  for (const { number, event, detail } of records) {
    const [, path, sha256] = READING.exec(detail) ?? [];
    if (event !== "evidenceRead" || path === undefined) continue;
    const there = hashes.get(path);
    if (there === sha256) continue;
    const what = there === undefined ? "no entry of the manifest has" : "has another hash by now";
    found(AUDIT, `record ${number} tells of the reading of ${path}, which ${what}`);
  }
}

/** Every stored result has its entry, every entry its result, and both say the same. */
function checkEntries(statement: Statement, entries: readonly CustodyEntry[], found: Found): void {
  const name = nameOf(statement);
  const { runId, source, incidentId } = statement;
  const sequences = new Map(statement.sequences.map((each) => [each.sequenceId, each]));
  const stored = new Map(statement.sequences.flatMap(storedOf));
  for (const entry of entries) {
    const sequence = sequences.get(entry.sequenceId);
    const where = `entry ${entry.number}`;
    if (sequence === undefined) {
      found(name, `does not know the sequence of ${where}, ${entry.sequenceId}`);
      continue;
    }
    const result = stored.get(entry.storedAs);
    stored.delete(entry.storedAs);
    if (result?.sha256 !== entry.sha256 || result.size !== entry.size) {
      found(MANIFEST, `${where} has another size or hash of ${entry.storedAs} than ${name}`);
    }
    if (!isOfCommand(entry, sequence)) {
      found(MANIFEST, `${where} has another command than ${name}`);
    }
    const { machineId, profile, approvedBy } = sequence;
    const said = {
      runId,
      source,
      incidentId,
      ...requestOf(statement, sequence),
      machineId,
      profile,
      ...lastOf(sequence, entry),
    };
    const differing = Object.entries({ ...said, approvedBy }).find(
      ([member, value]) => !isSame(value, Object(entry)[member]),
    );
    if (differing !== undefined && !(differing[0] === "approvedBy" && entry.approvedBy === null)) {
      found(MANIFEST, `${where} has another ${differing[0]} than ${name}`);
    }
  }
  for (const path of stored.keys())
    found(name, `knows ${path}, which no entry of the manifest has`);
}

/** Who asked for the sequence, and when: with the run, or later and by somebody else. */
function requestOf(
  { requestedBy, requestedAt }: Statement,
  sequence: Sequence,
): Pick<CustodyEntry, "requestedBy" | "requestedAt"> {
  const { requestedBy: own = requestedBy, acceptedAt } = sequence;
  return own === requestedBy
    ? { requestedBy, requestedAt }
    : { requestedBy: own, requestedAt: acceptedAt };
}

/**
 * What an entry of the last part says as its sequence does. Results of an earlier part can be
 * stored before the next part begins, and that has another action.
 */
function lastOf(
  { commands, machineName, machineActionId, submittedAt }: Sequence,
  { part }: CustodyEntry,
): Partial<CustodyEntry> {
  const isLast = commands.every((each) => each.part <= part);
  // An entry without an action is none, so a statement without one never agrees.
  return isLast ? { machineName, machineActionId: machineActionId ?? "", submittedAt } : {};
}

/** Whether the statement has, at the place of an entry, the command of that entry. */
function isOfCommand(
  { part, commandIndex, command, storedAs }: CustodyEntry,
  { commands }: Sequence,
): boolean {
  const asked = commands.find((each) => each.part === part && each.index === commandIndex);
  const target = command.type === "RunScript" ? command.scriptName : command.path;
  return (
    asked?.type === command.type &&
    asked.target === reportedName(target, TARGET_CHARACTERS) &&
    asked.result?.storedAs === storedAs
  );
}

function storedOf({ commands }: Sequence): [string, Result][] {
  return commands.flatMap(({ result }): [string, Result][] =>
    result?.state === "stored" && result.storedAs !== null ? [[result.storedAs, result]] : [],
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || canonicalJson(one) === canonicalJson(other ?? null);
}

/** Whoever joined the run with a sequence, or retried one, has a record of it in the run's log. */
function checkRequests(
  { sequences, requestedBy: maker }: Statement,
  records: readonly AuditRecord[],
  found: Found,
): void {
  const asks = records.filter(({ event }) => event === "accepted" || event === "retried");
  const given = new Set(asks.map(({ by }) => by));
  for (const { sequenceId, requestedBy } of sequences) {
    if (requestedBy === undefined || requestedBy === maker || given.has(requestedBy)) continue;
    found(AUDIT, `has no request by ${requestedBy}, who asked for ${sequenceId}`);
  }
}

/** Who approved a sequence has a record of it in the log of the run, before it was submitted. */
function checkApprovals(statement: Statement, records: readonly AuditRecord[], found: Found): void {
  const given = records.filter(({ event }) => event === "approved");
  for (const { sequenceId, approvedBy, submittedAt } of statement.sequences) {
    for (const by of approvedBy) {
      const own = given.filter((each) => each.by === by);
      if (own.length === 0) {
        found(AUDIT, `has no approval by ${by}, who approved ${sequenceId}`);
      } else if (!own.some(({ at }) => areInOrder([at, submittedAt]))) {
        found(AUDIT, `has the approval by ${by} after ${sequenceId} was submitted`);
      }
    }
  }
}

function checkLogTimes(records: readonly AuditRecord[], found: Found): void {
  for (const [place, { number, at }] of records.entries()) {
    if (areInOrder([records[place - 1]?.at ?? null, at], LATE_MS)) continue;
    found(AUDIT, `record ${number} is earlier than the one before it`);
  }
}

function checkTimes(statement: Statement, entries: readonly CustodyEntry[], found: Found): void {
  const name = nameOf(statement);
  for (const { sequenceId, acceptedAt, submittedAt, endedAt } of statement.sequences) {
    // If the answer to its POST was lost, lrq may have known of the action only after its end.
    const isBetween = (at: string | null) => areInOrder([acceptedAt, at, statement.at]);
    if (!isBetween(submittedAt) || !isBetween(endedAt)) {
      found(name, `has the times of ${sequenceId} in no possible order`);
    }
  }
  for (const [place, entry] of entries.entries()) {
    // When commands began and ended is Defender's word, and by Defender's clock.
    const { requestedAt, submittedAt, collectedAt } = entry;
    const before = entries[place - 1]?.collectedAt ?? null;
    if (
      !areInOrder([requestedAt, submittedAt, collectedAt]) ||
      !areInOrder([before, collectedAt])
    ) {
      found(MANIFEST, `entry ${entry.number} has its times in no possible order`);
    }
  }
}

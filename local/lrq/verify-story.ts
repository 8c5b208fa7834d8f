import type { AuditRecord } from "../../shared/evidence/audit.ts";
import type { CustodyEntry } from "../../shared/evidence/custody.ts";
import type { Statement } from "../../shared/evidence/statement.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import { AUDIT, MANIFEST } from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { nameOf } from "./verify-seals.ts";

type Sequence = Statement["sequences"][number];
type Result = NonNullable<Sequence["commands"][number]["result"]>;

/** Clocks of hosts and of the storage account differ by seconds; a minute is no accident. */
const CLOCKS_MS = 60_000;
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
  const accepted = records.find(({ event }) => event === "accepted");
  if (accepted !== undefined && accepted.by !== statement.requestedBy) {
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
    const { machineId, profile, approvedBy } = sequence;
    const said = {
      runId,
      source,
      incidentId,
      ...requestOf(statement, sequence),
      machineId,
      profile,
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

function storedOf({ commands }: Sequence): [string, Result][] {
  return commands.flatMap(({ result }): [string, Result][] =>
    result?.state === "stored" && result.storedAs !== null ? [[result.storedAs, result]] : [],
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || canonicalJson(one) === canonicalJson(other ?? null);
}

/** Whoever joined the run with a sequence has a record of it in the log of the run. */
function checkRequests(
  { sequences, requestedBy: maker }: Statement,
  records: readonly AuditRecord[],
  found: Found,
): void {
  const given = new Set(records.filter(({ event }) => event === "accepted").map(({ by }) => by));
  for (const { sequenceId, requestedBy } of sequences) {
    if (requestedBy === undefined || requestedBy === maker || given.has(requestedBy)) continue;
    found(AUDIT, `has no request by ${requestedBy}, who asked for ${sequenceId}`);
  }
}

/** Who approved a sequence has a record of it in the log of the run. */
function checkApprovals(statement: Statement, records: readonly AuditRecord[], found: Found): void {
  const given = new Set(records.filter(({ event }) => event === "approved").map(({ by }) => by));
  for (const { sequenceId, approvedBy } of statement.sequences) {
    for (const by of approvedBy) {
      if (!given.has(by)) found(AUDIT, `has no approval by ${by}, who approved ${sequenceId}`);
    }
  }
}

function checkTimes(statement: Statement, entries: readonly CustodyEntry[], found: Found): void {
  const name = nameOf(statement);
  for (const { sequenceId, acceptedAt, submittedAt, endedAt } of statement.sequences) {
    if (!areInOrder([acceptedAt, submittedAt, endedAt, statement.at])) {
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

function areInOrder(instants: readonly (string | null)[]): boolean {
  const known = instants.filter((each) => each !== null).map((each) => Date.parse(each));
  return known.every((atMs, place) => place === 0 || atMs >= (known[place - 1] ?? 0) - CLOCKS_MS);
}

import { endOf } from "../../evidence/chain.ts";
import { appendEntry, type CustodyEntry, type CustodyFields } from "../../evidence/custody.ts";
import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { filesOfAction } from "../../ledger/sequence/claims.ts";
import type { SequenceRecord, SequenceResult } from "../../ledger/sequence/sequence.ts";
import type { Fetched } from "./fetch-result.ts";

/** The entry of a result in the custody chain of its run. */
export function entryFor(
  run: RunRecord,
  record: SequenceRecord,
  { result, fields }: Extract<Fetched, { kind: "stored" }>,
  at: { collectedAtMs: number; version: string; commit: string },
): CustodyEntry {
  const progress = record.progress.find(
    ({ part, index }) => part === result.part && index === result.index,
  );
  const { name, version, hash } = record.profile;
  const entry: CustodyFields = {
    ...fields,
    runId: run.runId,
    source: run.source,
    incidentId: run.incidentId,
    sequenceId: record.sequenceId,
    machineId: record.machineId,
    machineName: record.machineName,
    machineActionId: result.actionId,
    part: result.part,
    commandIndex: result.index,
    profile: { name, version, hash },
    ...requestOf(run, record),
    library: libraryOf(record, result),
    approvedBy: [...record.approvals.by],
    submittedAt: isoOrNull(record.submittedAtMs),
    startedAt: isoOrNull(progress?.startedAtMs ?? null),
    endedAt: isoOrNull(progress?.endedAtMs ?? null),
    collectedAt: isoOf(at.collectedAtMs),
    lrqVersion: at.version,
    lrqCommit: at.commit,
  };
  return appendEntry(endOf(run.custody), entry);
}

/** The library files of the claim whose action left the result. */
function libraryOf(record: SequenceRecord, result: SequenceResult): CustodyFields["library"] {
  const files = filesOfAction(record, result);
  if (files === null) return null;
  const { pinned, listedAtMs, changedAtMs } = files;
  return {
    pinned,
    listedAt: isoOrNull(listedAtMs),
    files: files.files.map(({ name, sha256 }) => ({ name, sha256 })),
    changedAt: isoOrNull(changedAtMs),
  };
}

/** Who asked for the sequence. If that is not who made the run, it was asked for when it joined. */
function requestOf(
  run: RunRecord,
  { requestedBy, acceptedAtMs }: SequenceRecord,
): Pick<CustodyFields, "requestedBy" | "requestedAt"> {
  if (requestedBy === null || requestedBy === run.requestedBy) {
    return { requestedBy: run.requestedBy, requestedAt: isoOf(run.requestedAtMs) };
  }
  return { requestedBy, requestedAt: isoOf(acceptedAtMs) };
}

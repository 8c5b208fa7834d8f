import { describe, expect, it } from "vitest";
import { claim, submit } from "../../../shared/ledger/sequence/moves.ts";
import type { ClaimedFiles } from "../../../shared/ledger/sequence/library-files.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { entryFor } from "../../../shared/workflow/collect/custody-entry.ts";
import { aRun } from "../../ledger/a-run.ts";
import { A_NONCE, aSequence, START_MS } from "../../ledger/a-sequence.ts";
import { anEntry } from "../../evidence/an-entry.ts";

const HASH = "d".repeat(64);
const FILES: ClaimedFiles = {
  pinned: true,
  listedAtMs: START_MS - 1_000,
  files: [{ name: "triage.ps1", sha256: HASH }],
  changedAtMs: null,
};

function libraryIn(record: SequenceRecord, actionId = "action") {
  const { command, storedAs, servedName, size, sha256, content, clockOffset } = anEntry();
  const fields = { command, storedAs, servedName, size, sha256, content, clockOffset };
  const result = { part: 0, index: 1, actionId, type: "RunScript", state: "stored" } as const;
  const times = { collectedAtMs: START_MS, version: "", commit: "" };
  const stored = { ...result, tries: 1, detail: null, dueAtMs: null, absentSinceMs: null };
  const fetched = { kind: "stored", fields, result: { ...UNSAID, ...stored } } as const;
  return entryFor(aRun({}), record, fetched, times).library;
}

const UNSAID = {
  again: false,
  path: null,
  servedName: null,
  size: null,
  sha256: null,
  content: null,
  script: null,
  rows: null,
};

function ran(files: ClaimedFiles | null): SequenceRecord {
  return submit(claim(aSequence(), START_MS, A_NONCE, files), "action", START_MS);
}

describe("the custody entry of a result, about the library", () => {
  it("says what the library had when the action that left it was claimed", () => {
    expect(libraryIn(ran(FILES))).toEqual({
      pinned: true,
      listedAt: "2026-11-20T09:59:59.000Z",
      files: [{ name: "triage.ps1", sha256: HASH }],
      changedAt: null,
    });
  });

  it("says that a file was changed while it ran, if a list has shown that", () => {
    const library = libraryIn(ran({ ...FILES, changedAtMs: START_MS }));
    expect(library).toMatchObject({ changedAt: "2026-11-20T10:00:00.000Z" });
  });

  it("says nothing of the library for an action that was claimed without it", () => {
    expect(libraryIn(ran(null))).toBeNull();
    expect(libraryIn(ran(FILES), "another action")).toBeNull();
  });
});

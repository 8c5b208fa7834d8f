import type { CustodyFields } from "../../shared/evidence/custody.ts";

/** A result as the custody chain has it. */
export function anEntry(): CustodyFields {
  return {
    runId: "0123456789abcdefghjk",
    source: "sentinel",
    incidentId: "42",
    sequenceId: "0123456789abcdefghjk.mnpqrstvwxyz",
    machineId: "1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
    machineName: "pc-0042.corp.example",
    machineActionId: "5382f7ea-7557-4ab7-9782-d50480024a4e",
    part: 0,
    commandIndex: 1,
    command: { type: "GetFile", path: "C:\\Temp\\out.zip" },
    library: null,
    profile: { name: "triage", version: 3, hash: "c".repeat(64) },
    requestedBy: "playbook",
    approvedBy: null,
    requestedAt: "2026-11-20T10:00:00.000Z",
    submittedAt: "2026-11-20T10:00:06.000Z",
    startedAt: "2026-11-20T10:02:00.566Z",
    endedAt: null,
    collectedAt: "2026-11-20T10:03:10.000Z",
    clockOffset: { ms: -120, withinMs: 900 },
    storedAs: "0123456789abcdefghjk/mnpqrstvwxyz/0-1.bin",
    servedName: "out.zip.gz",
    size: 42,
    sha256: "a".repeat(64),
    content: { encoding: "gzip", size: 99, sha256: "b".repeat(64) },
    lrqVersion: "0.1.0",
    lrqCommit: "c24fd9090dca2f5d8827d3dc9d8e2900b3ef212a",
  };
}

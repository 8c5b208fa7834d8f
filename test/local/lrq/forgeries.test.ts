import { wholeFor } from "../../access/reaching.ts";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { indexFileSchema } from "../../../local/lrq/custody-folder.ts";
import { exportRun } from "../../../local/lrq/export-run.ts";
import { verifyFolder } from "../../../local/lrq/verify-folder.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import { recordForRun } from "../../../shared/store/record-for-run.ts";
import { openEvidence } from "../../../shared/workflow/view/read-evidence.ts";
import { aSequence, RUN_ID, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { type Collecting, openCollecting, type Served } from "../../workflow/collecting.ts";
import { apiOf, decideAbout, temporaryFolder } from "./exporting.ts";
import { DECISION_FORGERIES } from "./decision-forgeries.ts";
import { FORGERIES as OF_THE_REST, forgeIn } from "./forgeries.ts";
import { FORM_FORGERIES } from "./form-forgeries.ts";
import { STORY_FORGERIES } from "./story-forgeries.ts";

const SERVED: readonly Served[] = [
  { type: "RunScript", fileName: null, chunks: [Buffer.from('{"exit_code":0}')] },
  { type: "GetFile", fileName: "a.gz", chunks: [gzipSync("within")] },
];
const FORGERIES = [...OF_THE_REST, ...DECISION_FORGERIES, ...STORY_FORGERIES, ...FORM_FORGERIES];
const STRANGER = "9".repeat(20);
const HAS_PYTHON = spawnSync("python3", ["--version"]).status === 0;

/** A sequence that a PutFile got as far as, and no further. */
const FAILED = aSequence({
  sequenceId: `${RUN_ID}.0000000000zz`,
  machineId: "2".repeat(40),
  machineName: "host-2.example.org",
  state: "failed",
  place: null,
  attempt: 1,
  claimedAtMs: START_MS,
  submittedAtMs: START_MS,
  endedAtMs: START_MS + 50_000,
  actionId: "action-2",
  actionStatus: "Failed",
  outcome: { code: "commandFailed", detail: "The script failed." },
  progress: [
    {
      part: 0,
      index: 0,
      type: "PutFile",
      status: "Completed",
      startedAtMs: START_MS,
      endedAtMs: START_MS,
      errors: [],
    },
  ],
});

/** Somebody else retried it, and it was cancelled while it waited. */
const RETRY = aSequence({
  sequenceId: `${RUN_ID}.0000000000zy`,
  requestedBy: "operator",
  retry: { of: FAILED.sequenceId, number: 1, ends: [] },
  machineId: FAILED.machineId,
  state: "cancelled",
  place: null,
  acceptedAtMs: START_MS + 51_000,
  endedAtMs: START_MS + 52_000,
  outcome: { code: "cancelled", detail: "It was cancelled by analyst." },
});

/** A run of two machines and one that was skipped: approved, half failed, read and sealed. */
async function aRunOfTwo(): Promise<Collecting> {
  const collecting = await openCollecting(SERVED, ["lead"]);
  const { ledger } = collecting;
  const row = await ledger.read(runKey(RUN_ID));
  const skipped = [{ machine: "pc-9", reason: "No onboarded machine has exactly this name." }];
  const run = { ...runSchema.parse(row?.body), accepted: 3, skipped };
  await ledger.commit([{ op: "replace", key: runKey(RUN_ID), body: run, etag: "*" }]);
  await ledger.commit([...insertion(FAILED), ...insertion(RETRY)]);
  const ports = collecting.ports();
  await recordForRun(ports, RUN_ID, "accepted", { by: "analyst" });
  await recordForRun(ports, RUN_ID, "approved", { by: "lead" });
  await recordForRun(ports, RUN_ID, "retried", { by: "operator", record: RETRY });
  await recordForRun(ports, RUN_ID, "cancelAsked", { by: "analyst" });
  await recordForRun(ports, RUN_ID, "ended", {
    by: "analyst",
    detail: `cancelled, cancelled: ${RETRY.outcome?.detail}`,
    record: RETRY,
  });
  for (const each of [FAILED.sequenceId, SEQUENCE_ID]) await decideAbout(ports, each);
  await collecting.collect();
  for (const index of [0, 1]) {
    await openEvidence(ports, { sequenceId: SEQUENCE_ID, index }, wholeFor("examiner"));
  }
  return collecting;
}

async function exportedRun(): Promise<{ folder: string; seal: string; head: string }> {
  const folder = join(temporaryFolder(), "run");
  const { seal, manifest } = await exportRun(apiOf(await aRunOfTwo()), RUN_ID, folder);
  return { folder, seal: seal ?? "", head: manifest.head };
}

function python(folder: string, ...head: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("python3", ["docs/verify.py", folder, ...head], {
    encoding: "utf8",
  });
  return { status, said: stdout, complained: stderr };
}

describe("an honest export", () => {
  it("holds the machine that failed, the one that was skipped, and what was left behind", async () => {
    const { folder, seal, head } = await exportedRun();
    const verified = await verifyFolder(folder, seal);
    expect(verified).toMatchObject({ findings: [], isSealed: true, expected: "seal", seal });
    expect((await verifyFolder(folder, head)).expected).toBe("custody");
    expect(verified.undecided).toBe(0);
    const decisions = readFileSync(join(folder, "decisions.jsonl"), "utf8");
    expect(decisions.match(/"event":"(claimed|submitted|ended)"/g)).toHaveLength(6);
    expect(decisions).not.toContain(STRANGER);
    const index: unknown = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
    expect(indexFileSchema.safeParse(index).error).toBeUndefined();
    expect(index).toMatchObject({
      state: "sealed",
      sequences: [
        { state: "cancelled", left: [] },
        { state: "failed", left: ["triage.exe"] },
        { state: "succeeded", left: [] },
      ],
      skipped: [{ machine: "pc-9" }],
    });
  });

  it.skipIf(!HAS_PYTHON)("is found whole by the verifier in Python, too", async () => {
    const { folder, seal, head } = await exportedRun();
    expect(python(folder, seal)).toMatchObject({ status: 0, complained: "" });
    expect(python(folder).said).toContain(`seal ${seal}`);
    expect(python(folder, head).said).toContain("of the results alone");
    expect(python(folder, "0".repeat(64)).status).toBe(1);
    expect(python("no folder").status).toBe(2);
  });
});

describe("a forgery", () => {
  it("is tried in more than twenty ways, each of its own name", () => {
    expect(FORGERIES.length).toBeGreaterThan(20);
    expect(new Set(FORGERIES.map(({ name }) => name)).size).toBe(FORGERIES.length);
  });

  it.each(FORGERIES)("is found and said: $name", async ({ forge, says, needsHead = false }) => {
    const { folder, seal } = await exportedRun();
    forgeIn(folder, forge);
    const { findings } = await verifyFolder(folder, needsHead ? seal : null);
    expect(findings.map(({ where, what }) => `${where}: ${what}`).join("\n")).toMatch(says);
  });

  it.each(FORGERIES)("is found by whoever has kept the seal: $name", async ({ forge }) => {
    const { folder, seal } = await exportedRun();
    forgeIn(folder, forge);
    expect((await verifyFolder(folder, seal)).findings).not.toEqual([]);
  });

  it.skipIf(!HAS_PYTHON).each(FORGERIES)(
    "is found by the verifier in Python: $name",
    async ({ forge, needsHead = false, saysInPython = /./ }) => {
      const { folder, seal } = await exportedRun();
      forgeIn(folder, forge);
      const { status, said, complained } = python(folder, ...(needsHead ? [seal] : []));
      expect({ status, complained }).toEqual({ status: 1, complained: "" });
      expect(said).toMatch(saysInPython);
      expect(said).toMatch(/^NOT {2}\S+: \w/);
      expect(said).not.toContain("Error");
    },
  );
});

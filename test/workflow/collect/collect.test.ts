import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Ports, Reply } from "../../../shared/ports.ts";
import { describeSequence } from "../../../shared/workflow/view/describe-sequence.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { ASKED_KEY, runKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { readsSchema } from "../../../shared/limits/pace/reads.ts";
import { aRun } from "../../ledger/a-run.ts";
import { RUN_ID, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { openCollecting, type Served } from "../collecting.ts";

const GET: Served = { type: "GetFile", fileName: "a.bin", chunks: [Buffer.from("bytes")] };

function script(json: object): Served {
  return { type: "RunScript", fileName: null, chunks: [Buffer.from(JSON.stringify(json))] };
}

const OK = script({ exit_code: 0, script_output: "fine", script_errors: "" });
const BAD_EXIT = script({ exit_code: 3, script_output: "", script_errors: "" });
const COMPLAINS = script({ exit_code: 0, script_output: "", script_errors: "no space left" });
const UNREADABLE: Served = { type: "RunScript", fileName: null, chunks: [Buffer.from("oops")] };

async function viewOf(served: readonly Served[]) {
  const collecting = await openCollecting(served);
  await collecting.collect();
  const queue = {
    positions: new Map(),
    budget: FIRST_BUDGET,
    nowMs: START_MS,
    limits: someLimits(),
  };
  return describeSequence(await collecting.record(), queue, { run: aRun(), seesOutput: true });
}

describe("a script inside a Succeeded action", () => {
  it.each([
    ["an exit code other than 0", BAD_EXIT, true, "failed"],
    ["errors and exit code 0", COMPLAINS, true, "failed"],
    ["exit code 0 and no errors", OK, false, "ok"],
    ["a result nobody can read", UNREADABLE, null, "unknown"],
  ])(
    "with %s is shown for what it is, beside what Defender says",
    async (_, served, failed, word) => {
      const view = await viewOf([served]);
      expect(view).toMatchObject({ state: "succeeded", scripts: word });
      expect(view.machineActionStatus).toBe("Succeeded");
      expect(view.commands[0]).toMatchObject({
        status: "Completed",
        result: { scriptFailed: failed },
      });
    },
  );

  it("counts as failed if one of several failed, and as nothing where there is none", async () => {
    expect((await viewOf([OK, UNREADABLE, BAD_EXIT])).scripts).toBe("failed");
    expect((await viewOf([OK, UNREADABLE])).scripts).toBe("unknown");
    expect((await viewOf([GET])).scripts).toBe(null);
  });
});

describe("the gate of a run", () => {
  it.each([
    ["failed by its exit code", BAD_EXIT, 1],
    ["complains", COMPLAINS, 1],
    ["went well", OK, 0],
    ["left something nobody can read", UNREADABLE, 0],
  ])("counts a sequence whose script %s for what it is", async (_, served, failed) => {
    const collecting = await openCollecting([served]);
    const { ledger } = collecting;
    const row = await ledger.read(runKey(RUN_ID));
    const gate = { state: "first", wave: 1, held: 7, done: 0, failed: 0, maxFailedShare: 0 };
    const body = { ...Object(row?.body), accepted: 8, open: 8, gate: { ...gate, paused: null } };
    await ledger.commit([{ op: "replace", key: runKey(RUN_ID), body, etag: row?.etag ?? "" }]);
    await collecting.collect();
    const after = runSchema.parse((await ledger.read(runKey(RUN_ID)))?.body);
    expect(after).toMatchObject({ open: 7, gate: { done: 1, failed } });
    expect(after.gate?.state).toBe(failed > 0 ? "paused" : "open");
  });
});

describe("a custody entry", () => {
  it("says by how much Defender's clock differs from ours, and how well that is known", async () => {
    const collecting = await openCollecting([GET]);
    await collecting.collect();
    const { entries } = await collecting.manifest();
    // Defender's Date was 1 s ahead, cut to a second, and the answer took no time.
    expect(entries[0]).toMatchObject({
      clockOffset: { ms: 1_500, withinMs: 500 },
      lrqVersion: "0.1.0",
      lrqCommit: "c0ffee",
      source: "generic",
      incidentId: "case-1",
      requestedBy: "analyst",
      approvedBy: [],
    });
  });

  it("names who approved what was run", async () => {
    const collecting = await openCollecting([GET], ["lead", "chief"]);
    await collecting.collect();
    const { entries } = await collecting.manifest();
    expect(entries[0]).toMatchObject({ approvedBy: ["lead", "chief"] });
  });
});

describe("the link budget", () => {
  it("lets 100 results a minute be asked for, and the rest wait for a bell", async () => {
    const collecting = await openCollecting(Array.from({ length: 120 }, () => GET));
    expect(await collecting.collect()).toEqual({ kind: "later", stored: 100 });
    expect(collecting.asked.links).toBe(100);
    expect(collecting.bells.size()).toBe(1);
    expect(await collecting.collect()).toEqual({ kind: "later", stored: 0 });
    await collecting.advance(121_000);
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 20 });
  });

  it("is spent before the link is asked for, also for a link that died", async () => {
    const collecting = await openCollecting([GET]);
    let downloads = 0;
    const dying = (ports: Ports): Ports => ({
      ...ports,
      defender: {
        ...ports.defender,
        download: async (link) => {
          downloads += 1;
          if (downloads > 1) return await ports.defender.download(link);
          const dead = { kind: "refused", httpStatus: 403, code: "", detail: "expired" } as const;
          return dead satisfies Reply<never>;
        },
      },
    });
    expect(await collecting.collect(collecting.ports(dying))).toEqual({ kind: "done", stored: 1 });
    expect(collecting.asked.links).toBe(2);
    const spent = readsSchema.parse((await collecting.ledger.read(ASKED_KEY))?.body).link.minute;
    expect(spent.map(([, calls]) => calls)).toEqual([2]);
  });
});

describe("a file that is there already", () => {
  it("is not downloaded again by a second try, and what counts is what lies there", async () => {
    const collecting = await openCollecting([
      { ...GET, chunks: Array.from({ length: 50 }, () => Buffer.from("bytes")) },
    ]);
    await collecting.collect(collecting.ports(withoutLinks));
    const { results, sequenceId } = await collecting.record();
    expect(results[0]).toMatchObject({ tries: 1, state: "owed" });
    const [runId, suffix] = sequenceId.split(".");
    await collecting.advance(15_000);
    await collecting.evidence.put(`${runId}/${suffix}/0-0.bin`, one("what another host stored"));
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 1 });
    expect(collecting.asked.pieces).toBe(1);
    const sha256 = createHash("sha256").update("what another host stored").digest("hex");
    expect((await collecting.manifest()).entries[0]).toMatchObject({ sha256, size: 24 });
  });
});

describe("a file that another try stores while this one downloads", () => {
  it("is sealed with the hash of what lies there, not of what was downloaded now", async () => {
    const collecting = await openCollecting([GET]);
    const path = `${RUN_ID}/${SEQUENCE_ID.split(".")[1]}/0-0.bin`;
    await collecting.evidence.put(path, one("what the first try stored"));
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 1 });
    const sha256 = createHash("sha256").update("what the first try stored").digest("hex");
    expect((await collecting.record()).results[0]).toMatchObject({ sha256, size: 25, tries: 1 });
    expect((await collecting.manifest()).entries[0]).toMatchObject({ sha256, size: 25 });
  });
});

describe("a sequence of PutFile alone", () => {
  it("has no result, and asks for none", async () => {
    const collecting = await openCollecting([]);
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 0 });
    expect(collecting.asked).toEqual({ links: 0, downloads: 0, pieces: 0 });
  });
});

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function withoutLinks(ports: Ports): Ports {
  const silence = { kind: "unavailable", detail: "no answer" } as const;
  return { ...ports, defender: { ...ports.defender, resultLink: async () => silence } };
}

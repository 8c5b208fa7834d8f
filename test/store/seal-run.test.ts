import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { statementSchema } from "../../shared/evidence/statement.ts";
import { FIRST_BUDGET } from "../../shared/limits/pace/budget.ts";
import { OVER, RATE_TOKEN_KEY, runKey, sequenceKey } from "../../shared/ledger/row/keys.ts";
import { isSealed } from "../../shared/ledger/run/seal.ts";
import type { RunRecord } from "../../shared/ledger/run/run.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import { sealRun, sealRuns } from "../../shared/store/seal-run.ts";
import { loadRun } from "../../shared/store/load.ts";
import { readOutstanding } from "../../shared/store/outstanding.ts";
import { remembering } from "../../shared/store/remembering.ts";
import { recordForRun } from "../../shared/store/record-for-run.ts";
import { collectAgain } from "../../shared/workflow/collect/collect-again.ts";
import { readSeals } from "../../shared/workflow/view/read-seals.ts";
import { RUN_ID, SEQUENCE_ID, START_MS } from "../ledger/a-sequence.ts";
import { type Collecting, openCollecting, type Served } from "../workflow/collecting.ts";

const SCRIPT: Served = { type: "RunScript", fileName: null, chunks: [Buffer.from("{}")] };

async function runOf({ ledger }: Collecting): Promise<RunRecord> {
  const run = (await loadRun(ledger, RUN_ID))?.value;
  if (run === undefined) throw new Error("there is no run");
  return run;
}

async function notesIn({ ledger }: Collecting): Promise<string[]> {
  return (await ledger.list(OVER.from, OVER.before, 10)).map(({ key }) => key);
}

async function pollSeals(collecting: Collecting): Promise<void> {
  await sealRuns(collecting.ports(), await readOutstanding(collecting.ledger));
}

async function finished(): Promise<Collecting> {
  const collecting = await openCollecting([SCRIPT]);
  await collecting.collect();
  return collecting;
}

/** Changes a row as somebody would who is not lrq, or another version of it. */
async function rewrite(collecting: Collecting, key: string, change: object): Promise<void> {
  const row = await collecting.ledger.read(key);
  const body = { ...Object(row?.body), ...change };
  await collecting.ledger.commit([{ op: "replace", key, body, etag: "*" }]);
}

describe("a run that has finished", () => {
  it("asks for a seal with its last entry, and the poll writes it", async () => {
    const collecting = await openCollecting([SCRIPT]);
    expect(await notesIn(collecting)).toEqual([]);
    await collecting.collect();
    expect(await notesIn(collecting)).toEqual([`over!${RUN_ID}!000001`]);
    await pollSeals(collecting);
    expect(await notesIn(collecting)).toEqual([]);
    const run = await runOf(collecting);
    expect(isSealed(run)).toBe(true);
    const seals = await readSeals(collecting.ports(), RUN_ID);
    const [{ text, hash } = { text: "", hash: "" }] = seals?.seals ?? [];
    expect(seals).toMatchObject({ unsealed: null });
    expect(createHash("sha256").update(text).digest("hex")).toBe(hash);
    expect(run.seal?.hash).toBe(hash);
    expect(statementSchema.parse(JSON.parse(text))).toMatchObject({
      seal: { number: 1, previous: "0".repeat(64) },
      custody: run.custody,
      audit: run.audit,
      accepted: 1,
      sequences: [
        {
          sequenceId: SEQUENCE_ID,
          state: "succeeded",
          commands: [{ type: "RunScript", result: { state: "stored" } }],
        },
      ],
    });
  });

  it("costs four requests, whatever the number of its sequences", async () => {
    const collecting = await finished();
    const outstanding = await readOutstanding(collecting.ledger);
    let requests = 0;
    const spend = <T>(answer: T): T => {
      requests += 1;
      return answer;
    };
    const counted = collecting.ports(({ ledger, ...others }) => ({
      ...others,
      ledger: {
        read: async (key) => await spend(ledger.read(key)),
        list: async (from, before, limit) => await spend(ledger.list(from, before, limit)),
        commit: async (changes) => await spend(ledger.commit(changes)),
      },
    }));
    await sealRuns(counted, outstanding);
    expect(isSealed(await runOf(collecting))).toBe(true);
    expect(requests).toBe(4);
  });

  it("is sealed once, whoever does it", async () => {
    const collecting = await finished();
    const ports = collecting.ports();
    const open = await readOutstanding(collecting.ledger);
    await Promise.all([sealRun(ports, RUN_ID), sealRuns(ports, open)]);
    await sealRuns(ports, open);
    await pollSeals(collecting);
    expect((await readSeals(ports, RUN_ID))?.seals).toHaveLength(1);
    expect(await notesIn(collecting)).toEqual([]);
  });

  it("asks again when it has grown before the poll came, and is over once more", async () => {
    const collecting = await finished();
    const grown = { finishedAtMs: null, open: 1, accepted: 2 };
    await rewrite(collecting, runKey(RUN_ID), grown);
    await pollSeals(collecting);
    expect(await notesIn(collecting)).toEqual([]);
    await rewrite(collecting, runKey(RUN_ID), { finishedAtMs: START_MS, open: 0 });
    await recordForRun(collecting.ports(), RUN_ID, "evidenceRead", { by: "examiner" });
    expect(await notesIn(collecting)).toEqual([`over!${RUN_ID}!000001`]);
  });

  it("stays sealed when it is read, and keeps the end of the log that the seal saw", async () => {
    const collecting = await finished();
    await pollSeals(collecting);
    await recordForRun(collecting.ports(), RUN_ID, "evidenceRead", { by: "examiner" });
    expect(isSealed(await runOf(collecting))).toBe(true);
    expect(await notesIn(collecting)).toEqual([]);
  });

  it("is sealed when it is written next, or asked for, if nobody asked for that before", async () => {
    const older = { sealAsked: 0 };
    const written = await finished();
    await rewrite(written, runKey(RUN_ID), older);
    for (const key of await notesIn(written)) {
      await written.ledger.commit([{ op: "delete", key, etag: "*" }]);
    }
    await recordForRun(written.ports(), RUN_ID, "evidenceRead", { by: "examiner" });
    expect(await notesIn(written)).toHaveLength(1);
    const asked = await readSeals((await finished()).ports(), RUN_ID);
    expect(asked).toMatchObject({ seals: [{ number: 1 }], unsealed: null });
  });

  it("is not sealed while a sequence of it cannot be read", async () => {
    const collecting = await finished();
    await rewrite(collecting, sequenceKey(SEQUENCE_ID), { v: 2 });
    await expect(sealRun(collecting.ports(), RUN_ID)).rejects.toThrow(SetAside);
    await pollSeals(collecting);
    expect(await notesIn(collecting)).toHaveLength(1);
    const seals = await readSeals(collecting.ports(), RUN_ID);
    const unsealed = statementSchema.parse(JSON.parse(seals?.unsealed ?? ""));
    expect(unsealed).toMatchObject({ seal: null, accepted: 1, sequences: [] });
    await rewrite(collecting, sequenceKey(SEQUENCE_ID), { v: 1 });
    await pollSeals(collecting);
    expect(isSealed(await runOf(collecting))).toBe(true);
  });

  it("is sealed with the queue's log as it is, also by a poll that remembers an older one", async () => {
    const collecting = await finished();
    const ledger = remembering(collecting.ledger);
    expect(await ledger.read(RATE_TOKEN_KEY)).toBeNull();
    const budget = { ...FIRST_BUDGET, audit: { ...FIRST_BUDGET.audit, count: 7 } };
    await collecting.ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body: budget }]);
    await sealRun({ ...collecting.ports(), ledger }, RUN_ID);
    const [seal] = (await readSeals(collecting.ports(), RUN_ID))?.seals ?? [];
    expect(statementSchema.parse(JSON.parse(seal?.text ?? "")).queue).toMatchObject({ count: 7 });
  });

  it("is not sealed while nobody can tell where the queue's own log ends", async () => {
    const collecting = await finished();
    const unknown = { ...FIRST_BUDGET, v: 2 };
    await collecting.ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body: unknown }]);
    await expect(sealRun(collecting.ports(), RUN_ID)).rejects.toThrow(SetAside);
    expect(isSealed(await runOf(collecting))).toBe(false);
    await rewrite(collecting, RATE_TOKEN_KEY, { v: 1 });
    await pollSeals(collecting);
    const [seal] = (await readSeals(collecting.ports(), RUN_ID))?.seals ?? [];
    expect(statementSchema.parse(JSON.parse(seal?.text ?? "")).queue).not.toBeNull();
  });
});

describe("results that are asked for again", () => {
  it("make a seal that names the one before, once all of their sequence are there", async () => {
    const collecting = await openCollecting([SCRIPT, SCRIPT]);
    const record = await collecting.record();
    const results = record.results.map((each) => Object.assign({}, each, { state: "unavailable" }));
    await rewrite(collecting, sequenceKey(SEQUENCE_ID), { results });
    await rewrite(collecting, runKey(RUN_ID), { open: 0, finishedAtMs: 1_800_000_000_000 });
    await collecting.ledger.commit([{ op: "delete", key: `owed!${SEQUENCE_ID}`, etag: "*" }]);
    await sealRun(collecting.ports(), RUN_ID);
    const first = (await runOf(collecting)).seal;
    await collectAgain(collecting.ports(), RUN_ID, "analyst");
    expect(await notesIn(collecting)).toEqual([]);
    await collecting.collect();
    expect(isSealed(await runOf(collecting))).toBe(false);
    expect(await notesIn(collecting)).toEqual([`over!${RUN_ID}!000002`]);
    await pollSeals(collecting);
    const texts = (await readSeals(collecting.ports(), RUN_ID))?.seals ?? [];
    expect(JSON.parse(texts[1]?.text ?? "")).toMatchObject({
      seal: { number: 2, previous: first?.hash },
      custody: { count: 2 },
    });
  });
});

describe("a run that goes on", () => {
  it("has no seal, and says so", async () => {
    const collecting = await openCollecting([SCRIPT]);
    await sealRun(collecting.ports(), RUN_ID);
    const seals = await readSeals(collecting.ports(), RUN_ID);
    expect(seals?.seals).toEqual([]);
    expect(JSON.parse(seals?.unsealed ?? "")).toMatchObject({ seal: null, finishedAt: null });
    expect(await readSeals(collecting.ports(), "no run")).toBeNull();
  });
});

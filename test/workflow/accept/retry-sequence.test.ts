import { describe, expect, it } from "vitest";
import { RIGHTS } from "../../../shared/access/caller.ts";
import { auditOf, runKey, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { end } from "../../../shared/ledger/sequence/moves.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import { sequenceSchema, type SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { retryIdOf, sequenceIdOf } from "../../../shared/plan/identity.ts";
import {
  retrySequence,
  type Retried,
  type RetrySettings,
} from "../../../shared/workflow/accept/retry-sequence.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { reading, wholeFor } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { aSequence, RUN_ID, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { catalogue } from "../../plan/planning.ts";
import { shippedRouting } from "../../plan/shipped.ts";
import { startAccepting } from "../accepting.ts";

const SETTINGS: RetrySettings = {
  limits: someLimits(),
  expiryMs: 3_600_000,
  catalogue,
  routing: shippedRouting(),
  scope: {},
  policy: null,
  approvalMs: 60_000,
  caps: { perIncident: 2, perCallerDay: 100, perDay: 100 },
};

const CANCELLED = { state: "cancelled", code: "cancelled" };

function one(setting: object = {}) {
  const [caller] = callersOf([{ name: "ann", key: keyHash("k"), may: RIGHTS, ...setting }]);
  if (caller === undefined) throw new Error("there is no caller");
  return { caller, objectId: null };
}

/** A run of two machines, of which everything has been cancelled. */
async function cancelled() {
  const accepting = startAccepting();
  const { ledger, ports } = accepting;
  const came = await accepting.accept("1", [1, 2]);
  if (came.kind !== "accepted") throw new Error(`it is ${came.kind}`);
  const { runId } = came.run;
  const cancelAll = async () => await cancelRun(ports, SETTINGS.limits, runId, wholeFor("op"));
  await cancelAll();
  const [{ sequenceId } = { sequenceId: "" }] = came.sequences;
  const retry = async (id = sequenceId, settings: Partial<RetrySettings> = {}, who = one()) =>
    await retrySequence(ports, { ...SETTINGS, ...settings }, { runId, sequenceId: id }, who);
  const record = async (id: string): Promise<SequenceRecord> =>
    sequenceSchema.parse((await ledger.read(sequenceKey(id)))?.body);
  const run = async () => runSchema.parse((await ledger.read(runKey(runId)))?.body);
  return { ...accepting, runId, sequenceId, retry, record, run, cancelAll };
}

function madeBy(retried: Retried): SequenceRecord {
  if (retried.kind !== "retried") throw new Error(`it is ${retried.kind}`);
  return retried.sequence;
}

describe("a retry", () => {
  it("is a new sequence of the run with the same commands, and leaves the first as it was", async () => {
    const { retry, record, ledger, run, sequenceId, runId, ports } = await cancelled();
    const before = await ledger.read(sequenceKey(sequenceId));
    expect((await run()).finishedAtMs).not.toBeNull();
    const retried = await retry();
    const { sequence } = { sequence: madeBy(retried) };
    expect(retried).toMatchObject({ kind: "retried", isNew: true });
    const first = await record(sequenceId);
    const { machineId, parameters, profile, parts, lane } = first;
    expect(sequence).toMatchObject({ machineId, parameters, profile, parts, lane, runId });
    expect(sequence).toMatchObject({ state: "waiting", requestedBy: "ann", attempt: 0 });
    expect(sequence.retry).toEqual({ of: sequenceId, number: 1, ends: [CANCELLED] });
    expect(sequence.pass).toBeGreaterThan(0);
    expect(await ledger.read(sequenceKey(sequenceId))).toEqual(before);
    expect(await record(sequence.sequenceId)).toEqual(sequence);
    expect(await run()).toMatchObject({ accepted: 3, open: 1, finishedAtMs: null });
    const view = await describeRun(ports, SETTINGS.limits, runId, reading());
    const links = view?.sequences.map((each) => [each.retryOf, each.retriedBy]);
    expect(links).toContainEqual([sequenceId, null]);
    expect(links).toContainEqual([null, sequence.sequenceId]);
    expect(view?.counts).toMatchObject({ total: 3, cancelled: 2, waiting: 1 });
  });

  it("is in the log of the run, with both sequences and who asked", async () => {
    const { retry, ledger, runId, sequenceId } = await cancelled();
    const { sequenceId: retryId } = madeBy(await retry());
    const { from, before } = auditOf(runId);
    const last = (await ledger.list(from, before, 100)).at(-1)?.body;
    expect(last).toMatchObject({
      event: "retried",
      by: "ann",
      sequences: [{ sequenceId }, { sequenceId: retryId }],
    });
  });

  it("asked for again is answered with the one that is open, also when both come at once", async () => {
    const { retry, run } = await cancelled();
    const both = await Promise.all([retry(), retry()]);
    const third = await retry();
    const ids = [...both, third].map((each) => madeBy(each).sequenceId);
    expect(new Set(ids).size).toBe(1);
    expect(third).toMatchObject({ isNew: false });
    expect((await run()).accepted).toBe(3);
  });

  it("that has ended without success is itself what the next retry runs again", async () => {
    const { retry, cancelAll, sequenceId } = await cancelled();
    const first = madeBy(await retry());
    await cancelAll();
    const second = madeBy(await retry());
    const ends = [CANCELLED, CANCELLED];
    expect(second.retry).toEqual({ of: first.sequenceId, number: 2, ends });
    expect(madeBy(await retry(first.sequenceId)).sequenceId).toBe(second.sequenceId);
    expect(first.retry).toEqual({ of: sequenceId, number: 1, ends: [CANCELLED] });
  });

  it("comes to an end after twenty", async () => {
    const { retry, cancelAll } = await cancelled();
    for (let number = 1; number <= 20; number += 1) {
      expect(madeBy(await retry()).retry?.number).toBe(number);
      await cancelAll();
    }
    expect(await retry()).toMatchObject({ kind: "notRetryable" });
  });

  it("has an id that no other sequence can have", () => {
    const key = { machineId: "m", profile: { name: "p", version: 1 }, parameters: {} };
    const first = sequenceIdOf(RUN_ID, key);
    const ids = [first, retryIdOf(first), retryIdOf(retryIdOf(first)), retryIdOf(SEQUENCE_ID)];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(new RegExp(`^${RUN_ID}\\.[0-9a-z]{12}$`));
  });
});

/** What comes of a retry of a sequence in that state, alone in its run. */
async function alone(over: Partial<SequenceRecord>) {
  const { ledger, ports } = startAccepting();
  const entry = catalogue.get("windows-triage");
  const profile = { name: "windows-triage", version: 1, hash: entry?.hash ?? "" };
  const body = aRun({ accepted: 1, open: 0, finishedAtMs: START_MS });
  await ledger.commit([
    { op: "insert", key: runKey(RUN_ID), body },
    ...insertion(aSequence({ profile, ...over })),
  ]);
  const asked = { runId: RUN_ID, sequenceId: SEQUENCE_ID };
  return await retrySequence(ports, SETTINGS, asked, one());
}

describe("a retry is refused", () => {
  it("while it goes on, and after it has succeeded", async () => {
    expect(await alone({})).toMatchObject({ kind: "notRetryable" });
    const over = { state: "succeeded", place: null, endedAtMs: START_MS } as const;
    expect(await alone(over)).toMatchObject({ kind: "notRetryable" });
  });

  it.each(["failed", "timedOut", "cancelled", "expired", "refused"] as const)(
    "for nothing that is %s",
    async (state) => {
      const over = { state, place: null, endedAtMs: START_MS };
      expect(await alone(over)).toMatchObject({ kind: "retried" });
    },
  );

  it("nor for one that has succeeded by Defender's word, whose script says that it failed", async () => {
    const base = aSequence();
    const ended = end(base, "cancelled", { code: "c", detail: "d" }, START_MS);
    const result = {
      part: 0,
      index: 1,
      type: "RunScript",
      actionId: "a",
      state: "stored",
      detail: null,
      tries: 1,
      size: 1,
      sha256: "0".repeat(64),
      servedName: null,
      path: null,
      content: null,
      script: { exitCode: 3, output: "", errors: "" },
    } as const;
    const parsed = sequenceSchema.parse({ ...ended, state: "succeeded", results: [result] });
    const { results, state, place, endedAtMs } = parsed;
    expect(await alone({ results, state, place, endedAtMs })).toMatchObject({ kind: "retried" });
  });

  it("if its profile was changed since or is gone", async () => {
    const { retry, record, sequenceId, run } = await cancelled();
    const { name } = (await record(sequenceId)).profile;
    const entry = catalogue.get(name);
    if (entry === undefined) throw new Error("there is no such profile");
    const changed = new Map([...catalogue, [name, { ...entry, hash: "0".repeat(64) }]]);
    const gone = new Map([...catalogue].filter(([each]) => each !== name));
    for (const now of [changed, gone]) {
      const came = await retry(sequenceId, { catalogue: now });
      expect(came).toMatchObject({ kind: "notRetryable" });
      expect(JSON.stringify(came)).toContain(name);
    }
    expect((await run()).accepted).toBe(2);
  });

  it.each([
    ["the right again", { may: ["incident.submit"] }],
    ["the right incident.submit", { may: ["again"] }],
    ["the profile", { profiles: ["unix-triage"] }],
    ["the source", { sources: ["jira"] }],
  ])("to a caller that lacks %s", async (_, setting) => {
    const { retry, sequenceId } = await cancelled();
    expect(await retry(sequenceId, {}, one(setting))).toMatchObject({ kind: "forbidden" });
  });

  it("if a cap of the day is full, but not because the incident has all its machines", async () => {
    const { retry, sequenceId } = await cancelled();
    const caps = { perIncident: 2, perCallerDay: 1, perDay: 100 };
    expect(await retry(sequenceId, { caps })).toMatchObject({ kind: "retried" });
    const other = await cancelled();
    await other.retry(undefined, { caps });
    const [, second] = (await other.unfolded()).filter(({ retry: of }) => of === null);
    const full = await other.retry(second?.sequenceId, { caps });
    const again = await other.retry(other.sequenceId, { caps });
    expect([full.kind, again.kind].toSorted()).toEqual(["overCap", "retried"]);
  });

  it("if the scope denies the machine now", async () => {
    const { retry, record, sequenceId } = await cancelled();
    const { machineId } = await record(sequenceId);
    const scope = { deny: [{ ids: [machineId] }] };
    expect(await retry(sequenceId, { scope })).toMatchObject({ kind: "outOfScope" });
  });
});

describe("a retry of a machine that needs an approval now", () => {
  it("waits for it, whoever approved the first", async () => {
    const { retry, record, run, sequenceId } = await cancelled();
    const { machineId } = await record(sequenceId);
    const made = madeBy(await retry(sequenceId, { scope: { tier0: [{ ids: [machineId] }] } }));
    expect(made).toMatchObject({ approvals: { needed: 1, by: [] }, reason: { code: "approval" } });
    expect((await run()).approval).toMatchObject({ needed: 1, given: [] });
    expect((await run()).approval?.requesters.map(({ by }) => by)).toContain("ann");
  });
});

import { wholeFor, ofEveryTeam } from "../access/reaching.ts";
import { describe, expect, it } from "vitest";
import * as keys from "../../shared/ledger/row/keys.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import { collectAgain } from "../../shared/workflow/collect/collect-again.ts";
import { ringNotices } from "../../shared/workflow/notify/ring-notices.ts";
import { replayCallbacks } from "../../shared/workflow/notify/replay-callbacks.ts";
import { cancelAll } from "../../shared/workflow/operate/cancel-all.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { pause, resume } from "../../shared/workflow/operate/pause.ts";
import { reconcile } from "../../shared/workflow/operate/reconcile.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { idIn, startGoingOn, type GoingOn } from "../workflow/going-on.ts";

const NEWER = { v: 2 };
const WHY = "it has version 2, which this version of the app does not know";

/** Everything that the app does by itself, and the two that a person does to all of it. */
async function everything(app: GoingOn): Promise<void> {
  await app.drain();
  await app.poll();
  await reconcile(app.ports);
  await pause(app.ports, { by: "op", why: "try" });
  await resume(app.ports, app.limits, "op");
  await app.drain();
  await app.poll();
  await app.status();
}

/** One sequence goes before Defender has shown a list; after that, all may. */
async function seen(app: GoingOn): Promise<void> {
  await app.drain();
  await app.poll();
}

async function twoRuns(app: GoingOn) {
  const [mixed, other] = [await app.accept("mixed", [1, 2]), await app.accept("other", [3])];
  const [odd = "", even = ""] = await app.sequenceKeys(mixed);
  const [far = ""] = await app.sequenceKeys(other);
  return { mixed, other, odd, even, far };
}

describe("a waiting sequence of a newer version", () => {
  it("is left as it is, and all others go on to their end", async () => {
    const app = startGoingOn();
    const { mixed, other, odd, even } = await twoRuns(app);
    await app.tamper(odd, NEWER);
    const before = await app.body(odd);
    await everything(app);
    expect(app.posted()).toHaveLength(2);
    expect(await app.body(odd)).toEqual(before);
    expect((await app.run(other)).counts.submitted).toBe(0);
    const run = await app.run(mixed);
    expect(run.state).toBe("running");
    expect(run.setAside).toEqual([{ key: odd, why: WHY }]);
    expect(run.sequences.map(({ sequenceId }) => sequenceId)).toEqual([idIn(even)]);
  });

  it("is named in the status, and once a poll in the log, until it can be read", async () => {
    const app = startGoingOn();
    const { odd } = await twoRuns(app);
    await app.tamper(odd, NEWER);
    await seen(app);
    await app.drain();
    const { setAside } = await app.status();
    expect(setAside).toMatchObject({ count: 1, rows: [{ key: odd, why: WHY }] });
    for (const _ of [1, 2]) {
      app.logged.length = 0;
      await app.poll();
      const noted = app.logged.filter(({ event }) => event === "rowSetAside");
      expect(noted).toEqual([{ event: "rowSetAside", fields: { key: odd, why: WHY } }]);
    }
    await app.tamper(odd, { v: 1 });
    await app.poll();
    expect((await app.status()).setAside.count).toBe(0);
    await app.drain();
    expect(app.posted()).toHaveLength(3);
  });

  it("does not keep its run from being cancelled, and the answer says that it is not", async () => {
    const app = startGoingOn();
    const { mixed, odd } = await twoRuns(app);
    await app.tamper(odd, NEWER);
    const cancelled = await cancelRun(app.ports, app.limits, mixed, wholeFor("op"));
    expect(cancelled).toEqual({ ended: 1, asked: 0, alreadyOver: 0, setAside: 1 });
    expect(await collectAgain(app.ports, mixed, "op")).toEqual({ reopened: 0, owed: 0 });
    const all = await cancelAll(app.ports, app.limits, ofEveryTeam("op"), false);
    expect(all).toMatchObject({ runs: 2, ended: 1, setAside: 1 });
    expect(await app.body(odd)).toMatchObject({ v: 2, state: "waiting" });
  });

  it("does not keep those behind it from going, however many there are", async () => {
    const app = startGoingOn();
    const many = await app.accept("many", [1, 2, 3, 4]);
    for (const key of await app.sequenceKeys(many)) {
      await app.tamper(key, NEWER);
      for (let copy = 0; copy < 40; copy += 1) {
        const twin = `${idIn(key).slice(0, -3)}${copy.toString().padStart(3, "0")}`;
        await app.insert(keys.sequenceKey(twin), NEWER);
        await app.insert(keys.readyKey(1, 0, twin), { v: 1, machineId: "m", expiresAtMs: null });
      }
    }
    await app.accept("good", [9]);
    expect(await app.drain()).toMatchObject({ submitted: 1 });
  });
});

describe("a row that nobody here can read", () => {
  const PAST_MS = START_MS - 60_000;
  const MACHINE = "f".repeat(40);
  const kinds: readonly (readonly [
    string,
    (of: { runId: string; sequenceId: string }) => string,
  ])[] = [
    ["ready", ({ sequenceId }) => keys.readyKey(0, 0, sequenceId)],
    ["later", ({ sequenceId }) => keys.laterKey(PAST_MS, sequenceId)],
    ["behind", ({ sequenceId }) => keys.behindKey(MACHINE, 1, 1, sequenceId)],
    ["machine", () => keys.machineKey(MACHINE)],
    ["owed", ({ sequenceId }) => keys.owedKey(sequenceId)],
    ["opening", ({ runId }) => keys.openingKey(runId, 1)],
    ["planned", ({ runId }) => keys.plannedKey(runId, 2)],
    ["intake", ({ runId }) => keys.intakeKey(runId, 2)],
    ["notice", () => keys.noticeKey(PAST_MS, "msg_1")],
    ["dead", ({ runId }) => keys.deadKey(runId, "msg_1")],
    ["asked", () => keys.ASKED_KEY],
  ];

  it.each(kinds)("such as one of %s stops nothing but itself", async (kind, keyOf) => {
    const app = startGoingOn();
    const { mixed, other, odd, far } = await twoRuns(app);
    await app.tamper(odd, NEWER);
    const key = keyOf({ runId: mixed, sequenceId: idIn(odd) });
    if ((await app.body(key)) === null) await app.insert(key, { v: 7, machineId: 5 });
    else await app.tamper(key, { v: 7 });
    await everything(app);
    await replayCallbacks(app.ports, mixed, { by: "op", all: true });
    expect(app.posted()).toHaveLength(2);
    expect((await app.run(other)).counts.submitted).toBe(0);
    await app.collect(idIn(far));
    await app.run(mixed);
    await cancelAll(app.ports, app.limits, ofEveryTeam("op"), true);
    await cancelAll(app.ports, app.limits, ofEveryTeam("op"), false);
    await ringNotices(app.ports);
    const left = app.ledger.rows().filter((row) => row.key.startsWith(kind) && isOdd(row.body));
    expect(left.map((row) => row.key)).toEqual([key]);
  });

  it.each([
    ["of another version", { v: 2 }],
    ["in pieces", { runId: 5 }],
  ])("stops the run it is, and no other, when it is %s", async (_, members) => {
    const app = startGoingOn();
    const { mixed, other, even } = await twoRuns(app);
    await app.drain();
    await app.tamper(keys.runKey(mixed), members);
    await app.tamper(even, members);
    await everything(app);
    expect((await app.run(other)).counts.succeeded).toBe(1);
    await expect(app.run(mixed)).rejects.toThrow(SetAside);
    const all = await cancelAll(app.ports, app.limits, ofEveryTeam("op"), false);
    expect(all).toMatchObject({ runs: 1, ended: 0, setAside: 1 });
  });
});

describe("a budget of a newer version", () => {
  it("keeps this one from submitting, and from nothing else", async () => {
    const app = startGoingOn();
    await app.accept("before", [8]);
    await seen(app);
    const { mixed, odd } = await twoRuns(app);
    const notice = { v: 1, noticeId: "msg_1", runId: mixed, targetId: "target" };
    const due = { event: "run.accepted", sequenceId: null, atMs: START_MS, tries: 0, said: null };
    await app.insert(keys.noticeKey(START_MS, "msg_1"), { ...notice, ...due });
    await app.drain();
    await app.tamper(keys.RATE_TOKEN_KEY, NEWER);
    const before = await app.body(keys.RATE_TOKEN_KEY);
    const posts = app.posted().length;
    const later = await app.accept("later", [7]);
    expect(await app.drain()).toEqual({ submitted: 0, ended: "setAside" });
    expect(app.posted()).toHaveLength(posts);
    expect((await app.poll()).outstanding).toBe(true);
    await reconcile(app.ports);
    const run = await app.run(later);
    expect(run.sequences[0]?.waits).toMatchObject({ code: "setAside" });
    expect(await cancelRun(app.ports, app.limits, later, wholeFor("op"))).toMatchObject({
      ended: 1,
    });
    expect(await cancelRun(app.ports, app.limits, mixed, wholeFor("op"))).toMatchObject({
      asked: 2,
    });
    expect(await app.body(odd)).toMatchObject({ cancel: { by: "op" } });
    expect(await app.body(keys.RATE_TOKEN_KEY)).toEqual(before);
    expect(app.ledger.rows().some(({ key }) => key === keys.noticeKey(START_MS, "msg_1"))).toBe(
      false,
    );
  });

  it("is paused all the same, and who can read it takes the pause over", async () => {
    const app = startGoingOn();
    await app.accept("first", [1]);
    await app.drain();
    await app.accept("second", [2]);
    await app.tamper(keys.RATE_TOKEN_KEY, NEWER);
    await pause(app.ports, { by: "op", why: "stop" });
    await pause(app.ports, { by: "other", why: "stop as well" });
    expect(await resume(app.ports, app.limits, "op")).toBe(false);
    const { calls, sessions, next, paused, setAside } = await app.status();
    expect({ calls, sessions, next }).toMatchObject({
      calls: { used: null },
      sessions: { ours: null, foreign: null, cap: null },
      next: { kind: "setAside" },
    });
    expect(paused).toMatchObject({ by: "op", why: "stop" });
    expect(setAside.rows).toEqual([{ key: keys.RATE_TOKEN_KEY, why: WHY, since: null }]);

    await app.tamper(keys.RATE_TOKEN_KEY, { v: 1 });
    expect(await app.drain()).toMatchObject({ submitted: 0, ended: "paused" });
    await app.poll();
    expect(await app.body(keys.RATE_TOKEN_PAUSED_KEY)).toBeNull();
    expect((await app.status()).paused).toMatchObject({ by: "op", why: "stop" });
    const log = app.ledger.rows().filter(({ key }) => key.startsWith("audit!queue!"));
    expect(log.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ event: "paused", by: "op", detail: "stop" }),
    );
    expect(await resume(app.ports, app.limits, "op")).toBe(true);
    expect(await app.drain()).toMatchObject({ submitted: 1 });
  });

  it("gets to know of a cancel that it was not told of", async () => {
    const app = startGoingOn();
    const runId = await app.accept("first", [1]);
    await app.drain();
    await app.tamper(keys.RATE_TOKEN_KEY, NEWER);
    await cancelRun(app.ports, app.limits, runId, wholeFor("op"));
    await app.tamper(keys.RATE_TOKEN_KEY, { v: 1 });
    expect(await reconcile(app.ports)).toMatchObject({ sessions: 1 });
    const sessions = [
      expect.objectContaining({
        glance: expect.objectContaining({ cancel: expect.objectContaining({ by: "op" }) }),
      }),
    ];
    expect(await app.body(keys.RATE_TOKEN_KEY)).toMatchObject({ sessions });
    expect(await reconcile(app.ports)).toMatchObject({ sessions: 0 });
  });
});

function isOdd(body: unknown): boolean {
  return typeof body === "object" && body !== null && "v" in body && body.v === 7;
}

import { describe, expect, it } from "vitest";
import { cursorOf } from "../../../shared/ledger/row/cursor.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { listCallbacks, type CallbackState } from "../../../shared/workflow/view/list-callbacks.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { openCallingBack, TARGETS } from "../calling-back.ts";

const CHIEF = ofEveryTeam("chief");
const [STRANGER] = callersOf([{ name: "other", key: keyHash("k"), may: ["run.read"] }]);
if (STRANGER === undefined) throw new Error("there is no caller");

/** Every callback over all pages; each page has at most 50 of them. */
async function all(
  { ledger }: ReturnType<typeof openCallingBack>,
  state: CallbackState | null = null,
  caller = CHIEF,
) {
  const shown = [];
  for (let cursor: string | null = null, pages = 0; pages < 20; pages += 1) {
    const page = await listCallbacks({ ledger }, caller, { state, cursor });
    if (page === null) throw new Error("its own cursor is none of the list");
    expect(page.callbacks.length).toBeLessThanOrEqual(50);
    shown.push(...page.callbacks);
    if (page.next === null) return shown;
    cursor = page.next;
  }
  throw new Error("the list has no end");
}

/** One target never answers well until its tries are used up, and then 60 sequences end. */
async function withDeadAndOwed() {
  const calling = openCallingBack(({ url }) => (url.includes("one") ? 500 : 200));
  await calling.accept(30, [TARGETS.one]);
  for (let tries = 0; tries < 4; tries += 1) {
    await calling.serve();
    calling.pass(2_000_000);
  }
  await calling.cancel();
  return calling;
}

describe("the list of callbacks", () => {
  it("has the dead ones first, then those that are owed, over all pages, each once", async () => {
    const calling = await withDeadAndOwed();
    const shown = await all(calling);
    expect(shown.length).toBe(calling.dead() + calling.notices().length);
    expect(calling.dead()).toBeGreaterThan(0);
    const states = shown.map(({ state }) => state);
    expect(states).toEqual(states.toSorted());
    expect(new Set(shown.map(({ noticeId }) => noticeId)).size).toBe(shown.length);
  });

  it("says of each whom it is for, what came of the last try, and when the next one is", async () => {
    const calling = await withDeadAndOwed();
    const [dead] = await all(calling, "dead");
    const host = "one.contoso.example";
    expect(dead).toMatchObject({ runId: RUN_ID, event: "run.accepted", host, shape: "generic" });
    expect(dead).toMatchObject({ state: "dead", tries: 4, dueAt: null });
    expect(dead?.diedAt).toMatch(/^2026-/);
    const [owed] = await all(calling, "owed");
    expect(owed).toMatchObject({ state: "owed", host, tries: 0, lastAnswer: null, diedAt: null });
    expect(owed?.dueAt).toMatch(/^2026-/);
  });

  it("can be asked for one state, and then has no other", async () => {
    const calling = await withDeadAndOwed();
    expect((await all(calling, "dead")).length).toBe(calling.dead());
    expect((await all(calling, "owed")).length).toBe(calling.notices().length);
  });

  it("is empty for a caller whose rights do not reach the run", async () => {
    expect(await all(await withDeadAndOwed(), null, STRANGER)).toEqual([]);
  });

  it("goes on with a run that cannot be read, for who reaches every team, and for nobody else", async () => {
    const calling = await withDeadAndOwed();
    const row = await calling.ledger.read(runKey(RUN_ID));
    const etag = row?.etag ?? "";
    await calling.ledger.commit([{ op: "replace", key: runKey(RUN_ID), etag, body: { v: 99 } }]);
    const [owed] = await all(calling, "owed");
    expect(owed).toMatchObject({ host: null, shape: null, runId: RUN_ID });
    expect(await all(calling, null, STRANGER)).toEqual([]);
  });

  it.each([
    ["of another list", null, cursorOf({ in: "ready", ahead: 0 })],
    ["outside of the list", null, cursorOf(`run!${RUN_ID}`)],
    [
      "of the other state",
      "dead" as const,
      cursorOf(`notice!${"0".repeat(13)}!msg_${"0".repeat(32)}`),
    ],
    ["that is none", null, "2"],
  ])("has no page for a cursor %s", async (_, state, cursor) => {
    const { ledger } = await withDeadAndOwed();
    expect(await listCallbacks({ ledger }, CHIEF, { state, cursor })).toBeNull();
  });
});

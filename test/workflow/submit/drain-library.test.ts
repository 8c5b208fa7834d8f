import { describe, expect, it } from "vitest";
import { RATE_TOKEN_KEY, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import {
  eventsIn,
  noticeSchema,
  type CallbackEvent,
  type CallbackTarget,
} from "../../../shared/ledger/outbox/notice.ts";
import { sequenceSchema, type SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { budgetSchema } from "../../../shared/limits/pace/budget.ts";
import { filesOf } from "../../../shared/plan/command/library-files.ts";
import { shippedCatalogue } from "../../plan/shipped.ts";
import { AGE_MS, aLibrary, OTHER, pinOf, type ALibrary } from "../a-library.ts";
import { startGoingOn, type GoingOn } from "../going-on.ts";

const PROFILE = shippedCatalogue().get("windows-triage")?.profile;
const FILES = filesOf(PROFILE?.commands ?? []);
const SCRIPT = FILES.find((name) => name.endsWith(".ps1")) ?? "";

function start(library: ALibrary): GoingOn {
  return startGoingOn({ library: library.rules, listLibrary: library.listLibrary });
}

function records({ ledger }: GoingOn): SequenceRecord[] {
  const rows = ledger.rows().filter(({ key }) => key.startsWith(sequenceKey("")));
  return rows.map(({ body }) => sequenceSchema.parse(body));
}

async function noteIn(app: GoingOn) {
  return budgetSchema.parse(await app.body(RATE_TOKEN_KEY)).library;
}

function target(targetId: string, events: readonly CallbackEvent[]): CallbackTarget {
  const where = { host: "hooks.contoso.example", url: null, armId: null } as const;
  const from = { from: "setting", caller: "soar", shape: "generic" } as const;
  return { targetId, ...from, ...where, ...eventsIn(events), delivered: null, endedAtMs: null };
}

const REFUSED = {
  kind: "refused",
  httpStatus: 403,
  code: "Forbidden",
  detail: "HTTP 403",
} as const;

describe("a sequence whose library files are as pinned", () => {
  it("goes, and its claim says which bytes it goes with", async () => {
    const app = start(aLibrary(FILES));
    await app.accept("case", [1]);
    await app.drain();
    const [record] = records(app);
    expect(record?.claims[0]?.files).toMatchObject({
      pinned: true,
      files: FILES.map((name) => ({ name, sha256: pinOf(name) })),
      changedAtMs: null,
    });
    expect(app.posted()).toHaveLength(1);
  });

  it("costs one list for all that go within the age of a list", async () => {
    const library = aLibrary(FILES);
    const app = start(library);
    await app.accept("case", [1, 2, 3]);
    await app.drain();
    await app.poll();
    app.pass(AGE_MS / 2);
    await app.accept("later", [4]);
    await app.drain();
    expect([app.posted().length, library.lists()]).toEqual([4, 1]);
    app.pass(AGE_MS);
    await app.accept("much later", [5]);
    await app.drain();
    expect([app.posted().length, library.lists()]).toEqual([5, 2]);
  });
});

describe("a sequence of which a file", () => {
  it.each([
    ["is another one", OTHER, `${SCRIPT} is ${OTHER} in the library since`],
    ["is gone", null, `${SCRIPT} is not in the library since`],
  ])("%s waits, says which and since when, and goes when it is mended", async (_, sha256, says) => {
    const library = aLibrary(FILES);
    library.write(SCRIPT, sha256);
    const app = start(library);
    const runId = await app.accept("case", [1]);
    await app.drain();
    const [waiting] = (await app.run(runId)).sequences;
    expect(waiting).toMatchObject({ state: "waiting", waits: { code: "libraryDrift" } });
    expect(waiting?.waits?.detail).toContain(says);
    expect(waiting?.waits?.detail).toContain(`its pin is ${pinOf(SCRIPT)}`);
    expect((await app.status()).library?.drifted).toMatchObject([{ name: SCRIPT, listed: sha256 }]);
    library.write(SCRIPT, undefined);
    await app.poll();
    await app.drain();
    expect(app.posted()).toEqual([]);
    app.pass(AGE_MS);
    await app.poll();
    await app.drain();
    expect(app.posted()).toHaveLength(1);
    expect((await app.status()).library?.drifted).toEqual([]);
  });

  it("is another one holds nobody who does not need it", async () => {
    const library = aLibrary(FILES);
    library.write(SCRIPT, OTHER);
    const app = start(library);
    await app.accept("scripts", [1, 2, 3, 4]);
    const asked = { profile: "collect-file", parameters: { path: "C:\\a.txt" } };
    await app.accept("a file", [5], { asked });
    await app.drain();
    await app.poll();
    await app.drain();
    expect(app.posted()).toHaveLength(1);
    expect(records(app).filter(({ libraryHold }) => libraryHold !== null)).toHaveLength(4);
  });

  it("is another one is told once for a run, however many wait and however often", async () => {
    const library = aLibrary(FILES);
    library.write(SCRIPT, OTHER);
    const app = start(library);
    const callbacks = [target("a", ["run.libraryDrift"]), target("b", ["run.accepted"])];
    const runId = await app.accept("case", [1, 2, 3], { callbacks });
    for (const _ of [1, 2]) {
      await app.drain();
      app.pass(AGE_MS);
      await app.poll();
    }
    const told = app.ledger.rows().filter(({ key }) => key.startsWith("news!"));
    expect(told.map(({ body }) => noticeSchema.parse(body))).toMatchObject([
      { runId, targetId: "a", about: { file: SCRIPT, pinned: pinOf(SCRIPT), listed: OTHER } },
    ]);
  });

  it("has no pin waits whatever the library has", async () => {
    const app = start(aLibrary(FILES.filter((name) => name !== SCRIPT)));
    const runId = await app.accept("case", [1]);
    await app.drain();
    const [waiting] = (await app.run(runId)).sequences;
    expect(waiting?.waits?.detail).toContain("and it has no pin");
    expect(app.posted()).toEqual([]);
  });

  it("nobody pinned goes if its profile says that it may", async () => {
    const library = aLibrary(FILES, { isPinned: (profile) => profile !== "windows-triage" });
    library.write(SCRIPT, OTHER);
    const app = start(library);
    await app.accept("case", [1]);
    await app.drain();
    expect([app.posted().length, library.lists()]).toEqual([1, 0]);
    expect(records(app)[0]?.claims[0]?.files).toMatchObject({ pinned: false });
  });
});

describe("while Defender does not say what the library holds", () => {
  it("sequences with files wait and say so, others go, and one list a minute is tried", async () => {
    const library = aLibrary(FILES);
    library.answer(REFUSED);
    const app = start(library);
    const runId = await app.accept("case", [1, 2]);
    const asked = { profile: "collect-file", parameters: { path: "C:\\a.txt" } };
    await app.accept("a file", [5], { asked });
    await app.drain();
    expect([app.posted().length, library.lists()]).toEqual([1, 1]);
    const [waiting] = (await app.run(runId)).sequences;
    expect(waiting?.waits).toMatchObject({ code: "libraryUnknown" });
    expect(waiting?.waits?.detail).toContain("HTTP 403");
    expect((await app.status()).library?.trouble).toMatchObject({ detail: "HTTP 403" });
    await app.drain();
    expect(library.lists()).toBe(1);
    library.answer(null);
    app.pass(60_000);
    await app.poll();
    await app.drain();
    expect([app.posted().length, library.lists()]).toEqual([3, 2]);
  });

  it("the last list counts until it is too old", async () => {
    const library = aLibrary(FILES);
    const app = start(library);
    await app.accept("case", [1]);
    await app.drain();
    library.answer(REFUSED);
    await app.poll();
    await app.accept("within its age", [2]);
    await app.drain();
    expect(app.posted()).toHaveLength(2);
    app.pass(AGE_MS + 1_000);
    await app.accept("after it", [3]);
    await app.drain();
    expect(app.posted()).toHaveLength(2);
  });
});

describe("a file that is changed while a sequence runs", () => {
  it("marks the sequence and its run, after it has ended and with one more list", async () => {
    const library = aLibrary(FILES);
    const app = start(library);
    const runId = await app.accept("case", [1]);
    await app.drain();
    library.write(SCRIPT, OTHER);
    await app.poll();
    expect((await noteIn(app))?.ended).toHaveLength(1);
    app.pass(AGE_MS);
    await app.poll();
    expect(library.lists()).toBe(2);
    expect((await noteIn(app))?.ended).toEqual([]);
    expect(records(app)[0]?.claims[0]?.files?.changedAtMs).toBeGreaterThan(0);
    const logs = app.ledger.rows().filter(({ key }) => key.startsWith(`audit!${runId}`));
    expect(logs.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ event: "libraryChanged", detail: expect.stringContaining(SCRIPT) }),
    );
    await app.poll();
    expect(library.lists()).toBe(2);
  });

  it("and changed back before the next list is seen by the time that Defender names", async () => {
    const library = aLibrary(FILES);
    const app = start(library);
    await app.accept("case", [1]);
    await app.drain();
    library.write(SCRIPT, undefined, 99);
    app.pass(AGE_MS);
    await app.poll();
    await app.poll();
    expect(records(app)[0]?.claims[0]?.files?.changedAtMs).toBeGreaterThan(0);
  });

  it("marks nobody who ran with other files, or whose files stayed as they were", async () => {
    const library = aLibrary([...FILES, "other.ps1"]);
    const app = start(library);
    await app.accept("case", [1]);
    await app.drain();
    library.write("other.ps1", OTHER);
    app.pass(AGE_MS);
    await app.poll();
    await app.poll();
    expect(library.lists()).toBe(2);
    expect(records(app)[0]?.claims[0]?.files?.changedAtMs).toBeNull();
  });
});

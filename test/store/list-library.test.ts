import { describe, expect, it } from "vitest";
import { auditRecordSchema } from "../../shared/evidence/audit.ts";
import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import { budgetSchema } from "../../shared/limits/pace/budget.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import { sequenceSchema } from "../../shared/ledger/sequence/sequence.ts";
import { listLibrary, noteList } from "../../shared/store/list-library.ts";
import type { Log } from "../../shared/ports.ts";
import { aLibrary, OTHER, pinOf } from "../workflow/a-library.ts";
import { filesOf } from "../../shared/plan/command/library-files.ts";
import { shippedCatalogue } from "../plan/shipped.ts";
import { startGoingOn, type GoingOn } from "../workflow/going-on.ts";

const FILES = filesOf(shippedCatalogue().get("windows-triage")?.profile.commands ?? []);
const [FILE = ""] = FILES;

async function noteIn(app: GoingOn) {
  return budgetSchema.parse(await app.body(RATE_TOKEN_KEY)).library;
}

function queueLog({ ledger }: GoingOn) {
  const rows = ledger.rows().filter(({ key }) => key.startsWith("audit!queue"));
  return rows.map(({ body }) => auditRecordSchema.parse(body));
}

describe("a list of the library", () => {
  it("is written into the log of the queue where a file drifts, and where it is mended", async () => {
    const library = aLibrary(FILES);
    const app = startGoingOn();
    const levels: string[] = [];
    const log: Log = (level, event) => void levels.push(`${level} ${event}`);
    const ports = { ...app.ports, log, defender: { ...app.ports.defender, ...library } };
    for (const sha256 of [OTHER, OTHER, null, undefined, undefined]) {
      library.write(FILE, sha256);
      app.pass(6_000);
      expect(await listLibrary(ports, app.limits, library.rules)).toBe(true);
    }
    expect(levels).toEqual(["error libraryDrift", "error libraryDrift", "info libraryMended"]);
    expect(queueLog(app).map(({ event, detail }) => [event, detail])).toEqual([
      ["libraryDrift", `${FILE} is pinned as ${pinOf(FILE)}, and is ${OTHER}`],
      ["libraryDrift", `${FILE} is pinned as ${pinOf(FILE)}, and is not there`],
      ["libraryMended", `${FILE} is as pinned again: ${pinOf(FILE)}`],
    ]);
  });

  it("that is older than the one that stands changes nothing", async () => {
    const library = aLibrary(FILES);
    const app = startGoingOn();
    const ports = { ...app.ports, defender: { ...app.ports.defender, ...library } };
    app.pass(60_000);
    await listLibrary(ports, app.limits, library.rules);
    const before = await noteIn(app);
    const askedAtMs = (before?.listedAtMs ?? 0) - 1;
    const files = [{ ...NOTHING_SAID, name: FILE, sha256: OTHER }];
    expect(await noteList(ports, library.rules, { files, askedAtMs })).toBe(true);
    expect(await noteIn(app)).toEqual(before);
  });

  it("is paid for before it is asked for", async () => {
    const library = aLibrary(FILES);
    const app = startGoingOn();
    const ports = { ...app.ports, defender: { ...app.ports.defender, ...library } };
    const limits = { ...app.limits, readsPerMinute: 2 };
    for (let call = 0; call < 3; call += 1) {
      await listLibrary(ports, limits, library.rules);
      app.pass(6_000);
    }
    expect(library.lists()).toBe(2);
    expect((await noteIn(app))?.trouble?.detail).toContain("are spent");
  });
});

describe("two hosts that need a list at once", () => {
  it("ask for it once, and the second leaves what waits to the first", async () => {
    const library = aLibrary(FILES);
    const app = startGoingOn();
    const ports = { ...app.ports, defender: { ...app.ports.defender, ...library } };
    const both = [1, 2].map(async () => await listLibrary(ports, app.limits, library.rules));
    expect(new Set(await Promise.all(both))).toEqual(new Set([false, true]));
    expect(library.lists()).toBe(1);
    expect((await noteIn(app))?.trouble).toBeNull();
  });
});

const NOTHING_SAID = { createdAtMs: null, createdBy: null, description: null, updatedAtMs: null };

describe("a change that a list shows", () => {
  it("is noted after all who ran are marked, so that a host that dies in between loses none", async () => {
    const library = aLibrary(FILES);
    const app = startGoingOn({ library: library.rules, listLibrary: library.listLibrary });
    await app.accept("case", [1]);
    await app.drain();
    await app.poll();
    await app.accept("more", [2, 3]);
    await app.drain();
    library.write(FILE, OTHER);
    let marks = 0;
    const dying = {
      ...app.ports.ledger,
      commit: async (changes: readonly RowChange[]) => {
        marks += isMark(changes) ? 1 : 0;
        if (marks > 1) throw new Error("the host dies");
        return await app.ports.ledger.commit(changes);
      },
    };
    const ports = { ...app.ports, ledger: dying };
    await expect(listLibrary(ports, app.limits, library.rules)).rejects.toThrow("dies");
    expect(changedIn(app)).toHaveLength(1);
    app.pass(6_000);
    await listLibrary(app.ports, app.limits, library.rules);
    expect(changedIn(app)).toHaveLength(3);
  });
});

/** True for what is written into the log of a run. */
function isMark(changes: readonly RowChange[]): boolean {
  return changes.some(({ key }) => key.startsWith("audit!") && !key.startsWith("audit!queue"));
}

function changedIn({ ledger }: GoingOn) {
  const rows = ledger.rows().filter(({ key }) => key.startsWith("sequence!"));
  const records = rows.map(({ body }) => sequenceSchema.parse(body));
  return records.filter(({ claims }) => claims.some(({ files }) => files?.changedAtMs));
}

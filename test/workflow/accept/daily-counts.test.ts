import { describe, expect, it } from "vitest";
import { CAPS_KEY } from "../../../shared/ledger/row/keys.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { createCountedCommits } from "../../../shared/workflow/accept/counted-commits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { startGoingOn } from "../going-on.ts";

const CAPS = { perIncident: 10, perCallerDay: 20, perDay: 30 };
const DAY_MS = 86_400_000;
const from = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);
const written = async (world: Accepting) => (await world.unfolded()).length;

describe("the caps of a day", () => {
  it("are exact, however many requests come at once", async () => {
    const world = startAccepting();
    const callers = ["one", "two", "three"];
    const kinds = await Promise.all(
      from(0, 50).map(async (number) => {
        const caller = callers[number % 3] ?? "";
        const machines = from(number * 10, 1 + (number % 3));
        return (await world.accept(`incident ${number}`, machines, { caller, caps: CAPS })).kind;
      }),
    );
    expect(new Set(kinds)).toEqual(new Set(["accepted", "overCap"]));
    expect(await written(world)).toBe(30);
    const { machines, callers: counted } = Object((await world.ledger.read(CAPS_KEY))?.body);
    const ofCallers = callers.reduce((sum, name) => sum + Number(counted[name] ?? 0), 0);
    expect([machines, ofCallers]).toEqual([30, 30]);
  });

  it("refuse a request as a whole, and say what is left and until when", async () => {
    const world = startAccepting();
    await world.accept("a", from(0, 10), { caps: CAPS });
    await world.accept("b", from(10, 8), { caps: CAPS });
    const over = await world.accept("c", from(20, 3), { caps: CAPS });
    expect(over).toMatchObject({ kind: "overCap", retryAfterSeconds: 14 * 3_600 });
    expect(over).toHaveProperty("detail", expect.stringContaining("2 of 20 are left"));
    expect(await written(world)).toBe(18);
    expect((await world.accept("c", from(20, 2), { caps: CAPS })).kind).toBe("accepted");
    const other = { caller: "other", caps: CAPS };
    expect((await world.accept("d", from(30, 10), other)).kind).toBe("accepted");
    expect((await world.accept("e", [50], other)).kind).toBe("overCap");
    world.pass(DAY_MS);
    expect((await world.accept("e", [50], other)).kind).toBe("accepted");
  });

  it("begin anew at midnight in UTC, that of a caller as well as that of everybody", async () => {
    const world = startAccepting();
    const full = [
      { caller: "one", caps: CAPS },
      { caller: "two", caps: { ...CAPS, perCallerDay: 10 } },
    ];
    for (const [index, submission] of full.entries()) {
      const caps = { ...submission.caps, perIncident: 20 };
      const machines = from(index * 100, caps.perCallerDay);
      const filled = await world.accept(`full ${index}`, machines, { ...submission, caps });
      expect(filled.kind).toBe("accepted");
    }
    const kinds = async (incident: string) => {
      const asked = full.map(async (submission, index) => {
        return (await world.accept(incident + index, [900 + index], submission)).kind;
      });
      return await Promise.all(asked);
    };
    expect(await kinds("before")).toEqual(["overCap", "overCap"]);
    world.pass(DAY_MS - (START_MS % DAY_MS) - 1);
    expect(await kinds("still before")).toEqual(["overCap", "overCap"]);
    world.pass(1);
    expect(await kinds("after")).toEqual(["accepted", "accepted"]);
  });

  it("count on the day that has begun, though a host is a moment behind", async () => {
    const world = startAccepting();
    world.pass(DAY_MS);
    await world.accept("late", from(0, 20), { caps: { ...CAPS, perIncident: 20 } });
    world.pass(-DAY_MS);
    expect((await world.accept("early", [50], { caps: CAPS })).kind).toBe("overCap");
  });

  it("count what is sent again once", async () => {
    const world = startAccepting();
    const caps = { ...CAPS, perCallerDay: 10 };
    for (const machines of [from(0, 8), from(0, 8), from(0, 10), from(0, 10)]) {
      expect((await world.accept("same", machines, { caps })).kind).toBe("accepted");
    }
    expect((await world.accept("new", [99], { caps })).kind).toBe("overCap");
  });

  it("hold for all of a large incident", async () => {
    const world = startAccepting();
    const caps = { perIncident: 500, perCallerDay: 500, perDay: 120 };
    const kinds = await Promise.all(
      ["a", "b"].map(async (id, index) => {
        const machines = from(index * 1_000, 100);
        return (await world.accept(id, machines, { caps })).kind;
      }),
    );
    expect(kinds.toSorted()).toEqual(["accepted", "overCap"]);
    expect(await written(world)).toBe(100);
  });
});

describe("counts of the day that this version cannot read", () => {
  const full = { caps: CAPS };
  const NEWER = { v: 2 };

  /** Two machines were accepted, and then another version wrote the counts. */
  async function startUnreadable() {
    const app = startGoingOn();
    await app.accept("before", from(0, 2), full);
    await app.tamper(CAPS_KEY, NEWER);
    return app;
  }

  it("let no new machine in, and the answer names the row and the remedy", async () => {
    const app = await startUnreadable();
    const restarted = { ...app.ports, countedCommits: createCountedCommits(app.ports) };
    for (const through of [undefined, restarted]) {
      const refused = await app.send("new", [5], full, through);
      expect(refused).toMatchObject({ kind: "unavailable" });
      expect(refused).toHaveProperty(
        "detail",
        expect.stringMatching(/row caps, .*version 2.*delete/),
      );
    }
    expect((await app.status()).setAside.rows).toMatchObject([{ key: CAPS_KEY }]);
    expect(await app.body(CAPS_KEY)).toMatchObject(NEWER);
    await app.tamper(CAPS_KEY, { v: 1 });
    expect((await app.send("new", [5], full)).kind).toBe("accepted");
  });

  it("keep nobody from the answer to what was accepted before, and nothing from going", async () => {
    const app = await startUnreadable();
    const restarted = { ...app.ports, countedCommits: createCountedCommits(app.ports) };
    for (const through of [undefined, restarted]) {
      expect((await app.send("before", from(0, 2), full, through)).kind).toBe("accepted");
      expect((await app.send("before", from(0, 3), full, through)).kind).toBe("unavailable");
    }
    expect((await app.send("without caps", [9], { caps: null })).kind).toBe("accepted");
    expect(await app.drain()).toMatchObject({ submitted: 1 });
  });
});

describe("the cap of an incident", () => {
  it("counts what the incident has grown by", async () => {
    const world = startAccepting();
    expect((await world.accept("x", from(0, 11), { caps: CAPS })).kind).toBe("tooManyMachines");
    expect(await written(world)).toBe(0);
    await world.accept("x", from(0, 6), { caps: CAPS });
    const grown = await world.accept("x", from(0, 11), { caps: CAPS });
    expect(grown).toHaveProperty("detail", expect.stringContaining("5 new machines"));
    expect(await written(world)).toBe(6);
  });
});

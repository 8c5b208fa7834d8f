import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { machineSchema } from "../../../shared/api/run-answers.ts";
import { cursorOf } from "../../../shared/ledger/row/cursor.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import { historyRows, isPast } from "../../../shared/ledger/sequence/history.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import {
  describeMachine,
  type MachineFound,
  type MachineView,
} from "../../../shared/workflow/view/describe-machine.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { aSequence, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const CHIEF = ofEveryTeam("chief");
const [MATE] = callersOf([{ name: "mate", team: "red", key: keyHash("k"), may: ["run.read"] }]);
if (MATE === undefined) throw new Error("there is no caller");
const OURS = "0".repeat(20);
const THEIRS = "1".repeat(20);
const A = "a".repeat(40);
const B = "b".repeat(40);
const OVER = { state: "cancelled", place: null, endedAtMs: START_MS } as const;

/** The sequence of this number, accepted in that minute; it is over, or as told. */
function one(number: number, over: Partial<SequenceRecord> = {}, runId = OURS): SequenceRecord {
  const sequenceId = `${runId}.${number.toString().padStart(12, "0")}`;
  const acceptedAtMs = START_MS + number * 60_000;
  const machine = { machineId: A, machineName: "PC-7.contoso.com" };
  return aSequence({ sequenceId, runId, acceptedAtMs, ...machine, ...OVER, ...over });
}

function waiting(number: number, over: Partial<SequenceRecord> = {}): SequenceRecord {
  return one(number, { state: "waiting", place: { kind: "ready" }, endedAtMs: null, ...over });
}

const now = () => START_MS;

async function askedOf(records: readonly SequenceRecord[]) {
  const ledger = createMemoryLedger();
  for (const [runId, team] of [
    [OURS, "red"],
    [THEIRS, "blue"],
  ] as const) {
    await ledger.commit(runChanges(null, aRun({ runId, team })));
  }
  for (const each of records) {
    await ledger.commit(insertion(each));
    if (isPast(each)) await ledger.commit(historyRows(each));
  }
  const clock = { earliest: now, latest: now, monotonicMs: now, sleep: async () => undefined };
  const ask = async (
    idOrName: string,
    caller = CHIEF,
    cursor: string | null = null,
    sinceMs: number | null = null,
  ): Promise<MachineFound> =>
    await describeMachine({ ledger, clock }, someLimits(), caller, { idOrName, cursor, sinceMs });
  const view = async (...asked: Parameters<typeof ask>): Promise<MachineView> => {
    const found = await ask(...asked);
    if (found.kind !== "machine") throw new Error(`it is ${found.kind}`);
    machineSchema.parse(found.view);
    return found.view;
  };
  return { ask, view };
}

const numbers = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, n) => from - n);

const numbersIn = ({ sequences }: MachineView) =>
  sequences.map(({ sequenceId }) => Number(sequenceId.split(".")[1]));

describe("what a machine was sent", () => {
  it("is there with what waits for it, the newest first, and nothing of other machines", async () => {
    const { view } = await askedOf([
      one(1),
      one(2),
      one(3, { machineId: B }),
      waiting(4),
      waiting(5, { machineId: B }),
      waiting(6, { place: { kind: "behind" } }),
      waiting(7, { place: { kind: "later", dueAtMs: START_MS + 1 }, attempts: 1 }),
    ]);
    const found = await view(A);
    expect(numbersIn(found)).toEqual([7, 6, 4, 2, 1]);
    expect(found.machine).toEqual({ machineId: A, machineName: "PC-7.contoso.com" });
    expect(found.sequences[2]?.waits?.position).toBe(1);
    expect(numbersIn(await view(A.toUpperCase()))).toEqual([7, 6, 4, 2, 1]);
  });

  it("comes in pages, each sequence once", async () => {
    const { view } = await askedOf(Array.from({ length: 120 }, (_, n) => one(n)));
    const numbers: number[] = [];
    let cursor: string | null = null;
    do {
      const page: MachineView = await view(A, CHIEF, cursor);
      numbers.push(...numbersIn(page));
      cursor = page.next;
    } while (cursor !== null && numbers.length < 500);
    expect(numbers).toEqual(Array.from({ length: 120 }, (_, n) => 119 - n));
  });

  it("is only what was accepted since a time, and ends there", async () => {
    const { ask, view } = await askedOf([
      ...Array.from({ length: 120 }, (_, n) => one(n)),
      waiting(130),
      waiting(5, { sequenceId: `${OURS}.${"5".repeat(12)}` }),
    ]);
    const since = async (minute: number, cursor: string | null = null) =>
      await view(A, CHIEF, cursor, START_MS + minute * 60_000);
    const recent = await since(90);
    expect([numbersIn(recent), recent.next]).toEqual([[130, ...numbers(119, 90)], null]);
    const first = await since(60);
    const second = await since(60, first.next);
    expect(numbersIn(first)).toEqual([130, ...numbers(119, 70)]);
    expect([numbersIn(second), second.next]).toEqual([numbers(69, 60), null]);
    expect((await since(1_000)).sequences).toEqual([]);
    expect(await ask(B, CHIEF, null, 0)).toEqual({ kind: "unknown" });
    expect(numbersIn(await view(A, CHIEF, null, 0))).toHaveLength(52);
  });

  it("is found by its name in any case, or the first label of it", async () => {
    const { ask, view } = await askedOf([
      one(1),
      waiting(2, { machineId: B, machineName: "Lin-1" }),
    ]);
    for (const name of ["pc-7.contoso.com", "PC-7", "pc-7"]) {
      expect((await view(name)).machine.machineId).toBe(A);
    }
    expect((await view("lin-1")).machine.machineId).toBe(B);
    for (const name of ["pc-7.other.com", "pc", "pc-7.contoso", "f".repeat(40)]) {
      expect(await ask(name)).toEqual({ kind: "unknown" });
    }
  });

  it("is not told of a name that fits two machines, but their ids are", async () => {
    const { ask, view } = await askedOf([
      one(1),
      one(2, { machineId: B, machineName: "pc-7.fabrikam.com" }),
    ]);
    expect(await ask("pc-7")).toEqual({ kind: "ambiguous", machineIds: [A, B] });
    expect((await view("pc-7.fabrikam.com")).machine.machineId).toBe(B);
  });

  it("is nothing of another team, not even that there is such a machine", async () => {
    const theirs = { machineId: B, machineName: "pc-7.fabrikam.com" };
    const { ask, view } = await askedOf([one(1), one(2, {}, THEIRS), one(3, theirs, THEIRS)]);
    expect(numbersIn(await view(A, MATE))).toEqual([1]);
    expect(await ask(B, MATE)).toEqual({ kind: "unknown" });
    expect((await view("pc-7", MATE)).machine.machineId).toBe(A);
  });

  it("is refused for a cursor of another list", async () => {
    const { ask } = await askedOf([one(1)]);
    expect(await ask(A, CHIEF, "page-2")).toEqual({ kind: "badCursor" });
    expect(await ask(A, CHIEF, cursorOf("history!1"))).toEqual({ kind: "badCursor" });
  });
});

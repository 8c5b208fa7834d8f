import { describe, expect, it } from "vitest";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { isLateNews, judgeLate, withLate } from "../../../shared/limits/judge/judge-late.ts";
import { withShown } from "../../../shared/limits/pace/lost-posts.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import {
  aClaimed,
  anActionOf,
  aSequence,
  aSubmitted,
  SEQUENCE_ID,
  START_MS,
  type CommandReads,
} from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

const markOf = (part: number, attempt: number) => ({ sequenceId: SEQUENCE_ID, part, attempt });
const FIRST = markOf(0, 1);
const LIMITS = someLimits();
const RAN = ["completed", "completed", "completed"] as const;

/** The action of the first POST, as a list shows it. */
function shown(status: string, commands?: readonly CommandReads[]): MachineAction {
  return { ...anActionOf(aClaimed(), status, commands), id: "first" };
}

describe("an action in a list, of a sequence without an open session", () => {
  it("is news while it is open, and nobody looks for it", () => {
    expect(isLateNews(FIRST_BUDGET, FIRST, shown("Pending"), LIMITS)).toBe(true);
    expect(isLateNews(FIRST_BUDGET, FIRST, shown("Succeeded", RAN), LIMITS)).toBe(false);
  });
});

const holding = (record: SequenceRecord): Budget => ({
  ...FIRST_BUDGET,
  sessions: [sessionOf(record)],
});

describe("an action in a list, of a sequence with an open session", () => {
  it.each([
    ["the same POST, for which the session is judged", false, aSubmitted()],
    ["another attempt", true, aSubmitted({ attempt: 2 })],
    ["another part", true, aSubmitted({ part: 1 })],
    ["another sequence", true, aSubmitted({ sequenceId: `${SEQUENCE_ID}x` })],
  ])("that is open and of %s is news: %s", (_, isNews, record) => {
    expect(isLateNews(holding(record), FIRST, shown("Pending"), LIMITS)).toBe(isNews);
    expect(isLateNews(holding(record), FIRST, shown("Failed"), LIMITS)).toBe(false);
  });

  it("is found among the sessions of others", () => {
    const sessions = [aSubmitted({ sequenceId: `${SEQUENCE_ID}x` }), aSubmitted()].map(sessionOf);
    expect(isLateNews({ ...FIRST_BUDGET, sessions }, FIRST, shown("Pending"), LIMITS)).toBe(false);
  });

  it("that tells nothing is read with its record, so the action is no news", () => {
    const { sequenceId, machineId } = aSubmitted();
    const sessions = [{ sequenceId, machineId }];
    expect(isLateNews({ ...FIRST_BUDGET, sessions }, FIRST, shown("Pending"), LIMITS)).toBe(false);
  });
});

const withSeen = (seen: string[] | null, cancelSent: boolean): Budget => ({
  ...FIRST_BUDGET,
  lost: withShown([], FIRST, { seen, cancelSent }, START_MS),
});

describe("the action of a POST that is looked for", () => {
  const CREATED = ["Created", "Created", "Created"];

  it.each([
    ["that no list has shown", true, null, false, shown("Succeeded", RAN)],
    ["that is open and not cancelled", true, ["Pending", ...CREATED], false, shown("Pending")],
    ["that is open and cancelled", false, ["Pending", ...CREATED], true, shown("Pending")],
    ["that has begun since", true, ["Pending", ...CREATED], true, shown("InProgress")],
    ["whose commands got further", true, ["Failed", ...CREATED], true, shown("Failed", RAN)],
    [
      "that was seen to end so, and is not taken yet",
      true,
      ["Failed", ...CREATED],
      false,
      shown("Failed"),
    ],
  ])("%s is news: %s", (_, isNews, seen, cancelSent, action) => {
    expect(isLateNews(withSeen(seen, cancelSent), FIRST, action, LIMITS)).toBe(isNews);
  });
});

const GIVEN_UP = { givenUp: [{ part: 0, attempt: 1 }] };
const judged = (record: SequenceRecord, action: MachineAction, mark = FIRST) =>
  judgeLate(record, mark, action);

describe("an action that came to light", () => {
  const known = { actionId: "first", part: 0, attempt: 1, ran: false };
  const another = { actionId: "other", part: 0, attempt: 1, status: "Failed", ran: true };
  const over = { state: "cancelled", place: null } as const;

  it.each<[string, SequenceRecord, string]>([
    ["waits, its attempt given up", aSequence({ attempt: 1, ...GIVEN_UP }), "adopt"],
    ["waits for a next attempt", aSequence({ attempt: 2, ...GIVEN_UP }), "adopt"],
    ["waits, and nobody noted what was given up", aSequence({ attempt: 1 }), "adopt"],
    ["waits, and never gave that attempt up", aSequence({ attempt: 2 }), "second"],
    ["lost a later answer", aClaimed({ state: "unconfirmed", attempt: 2, ...GIVEN_UP }), "adopt"],
    ["lost this very answer", aClaimed({ state: "unconfirmed" }), "leave"],
    ["awaits a later answer", aClaimed({ attempt: 2, ...GIVEN_UP }), "leave"],
    ["awaits this very answer", aClaimed(), "leave"],
    ["has another action", aSubmitted({ actionId: "own", attempt: 2, ...GIVEN_UP }), "second"],
    ["has this one", aSubmitted({ actionId: "first" }), "forget"],
    ["has this one, by a later answer", aSubmitted({ actionId: "first", attempt: 2 }), "leave"],
    ["is over without it", aSequence({ ...over, attempt: 2, ...GIVEN_UP }), "second"],
    ["is over, and saw it end", aSubmitted({ ...over, actionStatus: "Failed" }), "forget"],
    ["is over, and never saw it end", aSubmitted({ ...over, actionStatus: "Pending" }), "second"],
    ["was told how it ended", aSequence({ late: [{ ...known, status: "Failed" }] }), "forget"],
    ["was told that it is open", aSequence({ late: [{ ...known, status: "Pending" }] }), "second"],
    ["was told of another one", aSequence({ attempt: 1, late: [another] }), "adopt"],
    ["stands at another part", aSequence({ part: 1, attempt: 1, ...GIVEN_UP }), "second"],
  ])("of a sequence that %s", (_, record, kind) => {
    expect(judged(record, shown("InProgress")).kind).toBe(kind);
  });

  it("is forgotten if it ended and nothing of it ran, and not if it is open", () => {
    const record = aSequence({ attempt: 2, ...GIVEN_UP });
    expect(judged(record, shown("Cancelled"))).toEqual({ kind: "forget" });
    expect(judged(record, shown("Cancelled", RAN)).kind).toBe("adopt");
    expect(judged(record, shown("Pending")).kind).toBe("adopt");
  });

  it("is measured by the commands of its own part", () => {
    const parts: SequenceRecord["parts"] = [
      [{ type: "GetFile", path: "a" }],
      [
        { type: "GetFile", path: "b" },
        { type: "GetFile", path: "c" },
      ],
    ];
    const record = aSequence({ parts, part: 1 });
    const { commands, ...action } = shown("Cancelled");
    const first = { ...action, commands: commands.slice(0, 1) };
    expect(judged(record, first)).toEqual({ kind: "forget" });
  });
});

describe("what a sequence is told of an action that is not its own", () => {
  const record = aSubmitted({ actionId: "own", attempt: 2 });
  const late = (status: string, commands?: readonly CommandReads[], before = record) => {
    const judgement = judged(before, shown(status, commands));
    return judgement.kind === "second" ? judgement.late : null;
  };

  it.each([
    ["Pending", undefined, false],
    ["Pending", [], false],
    ["InProgress", undefined, false],
    ["InProgress", [], true],
    ["InProgress", ["running", "created", "created"], true],
    ["Failed", ["failed", "created", "created"], true],
  ] as const)(
    "is that it is %s with commands %j, and whether any may have run",
    (status, commands, ran) => {
      expect(late(status, commands)).toEqual({
        actionId: "first",
        part: 0,
        attempt: 1,
        status,
        ran,
      });
    },
  );

  it("is not that it ran because another one did", () => {
    const other = { actionId: "other", part: 0, attempt: 1, status: "Failed", ran: true };
    expect(late("Pending", undefined, withLate(record, other))).toMatchObject({ ran: false });
  });

  it("stays that it ran, though a later list is behind", () => {
    const ran = late("InProgress", RAN);
    if (ran === null) throw new Error("it is not told");
    expect(late("Pending", undefined, withLate(record, ran))).toMatchObject({ ran: true });
  });

  it("is written once, and anew when it changes", () => {
    const [pending, running] = [late("Pending"), late("InProgress", RAN)];
    if (pending === null || running === null) throw new Error("it is not told");
    const other = { ...pending, actionId: "other" };
    const both = withLate(withLate(record, other), pending);
    expect(both.late).toEqual([other, pending]);
    expect(withLate(both, { ...pending })).toBe(both);
    expect(withLate(both, running).late).toEqual([other, running]);
    expect(withLate(both, { ...pending, ran: true }).late).toEqual([
      other,
      { ...pending, ran: true },
    ]);
    expect(withLate(both, { ...pending, status: "Failed" }).late[1]?.status).toBe("Failed");
  });
});

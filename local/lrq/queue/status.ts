import { z } from "zod";
import type { Tone } from "../../colours.ts";
import type { Line } from "../../columns.ts";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { factLines } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const count = z.object({ count: z.number(), atLeast: z.boolean() });
const instant = z.iso.datetime();

/** What `lrq status` reads of GET status. */
const statusSchema = z.object({
  calls: z.object({ used: z.number(), limit: z.number(), windowSeconds: z.number() }),
  sessions: z.object({ ours: z.number(), foreign: z.number(), cap: z.number() }),
  next: z.object({ kind: z.string(), at: instant.nullable() }),
  lockedOut: z.object({ detail: z.string(), remedy: z.string() }).nullable(),
  paused: z.object({ by: z.string(), why: z.string(), at: instant }).nullable(),
  waiting: z.array(count.extend({ lane: z.number(), oldestAcceptedAt: instant.nullable() })),
  parked: count,
  results: z.object({ owed: count, inTrouble: z.number(), trouble: z.string().nullable() }),
  callbacks: z.object({ pending: count, dead: count }),
  library: z
    .object({
      listedAt: instant.nullable(),
      trouble: z.object({ detail: z.string() }).nullable(),
      drifted: z.array(z.object({ name: z.string() })),
    })
    .nullish(),
  setAside: z.object({ count: z.number() }),
});

type Status = z.infer<typeof statusSchema>;
type Fact = readonly [name: string, text: string, tone?: Tone];

/** The budget cannot be read: then everything that only it knows is null. */
const unreadableSchema = z.looseObject({ next: z.object({ kind: z.literal("setAside") }) });

const LANES = ["urgent", "incidents", "tickets", "sweeps", "retries"];

const NEXT: Readonly<Record<string, string>> = {
  go: "submissions may go",
  wait: "all calls of the window are used",
  full: "all sessions are taken",
  unwatched: "no more may start without a new list from Defender",
  lockedOut: "Defender does not let lrq in",
  paused: "paused",
};

/** `lrq status`: how full the tenant is, what waits, and what is wrong. */
export const status: Verb = {
  usage: "status",
  summary: "how full the tenant is, what waits, and what is wrong",
  examples: [
    ["lrq status", "calls, sessions, waiting lines, trouble"],
    ["lrq status --json", "all that GET /api/status answers"],
  ],
  run: async (asked, around) => {
    const answer = await lrqFor(asked, around).get(
      "status",
      z.union([statusSchema, unreadableSchema]),
    );
    if (asked.flag("json")) {
      around.sayJson(answer.body);
      return EXIT.done;
    }
    const read = statusSchema.safeParse(answer.value);
    const facts: readonly Fact[] = read.success
      ? factsOf(read.data, around.nowMs())
      : [["Queue", "Its budget cannot be read by this version of the app. Update the app.", "bad"]];
    around.show(facts.flatMap((fact) => lineOf(fact, around.columns)));
    return EXIT.done;
  },
};

function lineOf([name, text, tone = "plain"]: Fact, columns: number): Line[] {
  return factLines(name, text, { columns, tone });
}

function factsOf(status: Status, nowMs: number): Fact[] {
  const { calls, sessions, callbacks, results, setAside } = status;
  return [
    queueFact(status, nowMs),
    ["Calls", `${calls.used} of ${calls.limit} in ${calls.windowSeconds} s`],
    ["Sessions", sessionWords(sessions)],
    ["Waiting", waitingWords(status, nowMs)],
    ["Results", `${numberOf(results.owed)} owed, ${results.inTrouble} in trouble`],
    ...(results.trouble === null ? [] : [["", results.trouble, "bad"] as const]),
    callbackFact(callbacks),
    ...libraryFacts(status.library ?? null, nowMs),
    ...(setAside.count === 0 ? [] : [setAsideFact(setAside.count)]),
  ];
}

function queueFact({ paused, lockedOut, next }: Status, nowMs: number): Fact {
  if (paused !== null) {
    const since = distanceWords(paused.at, nowMs);
    return ["Queue", `paused by ${paused.by}, ${since}: ${paused.why}. lrq resume ends it`, "bad"];
  }
  if (lockedOut !== null) return ["Queue", `${lockedOut.detail} ${lockedOut.remedy}`, "bad"];
  const when = next.at === null || next.kind === "go" ? "" : `, ${distanceWords(next.at, nowMs)}`;
  const tone = next.kind === "go" ? "good" : "waiting";
  return ["Queue", `${NEXT[next.kind] ?? next.kind}${when}`, tone];
}

function sessionWords({ ours, foreign, cap }: Status["sessions"]): string {
  return `${ours + foreign} of ${cap}${foreign === 0 ? "" : `, ${foreign} of them of others`}`;
}

function waitingWords({ waiting, parked }: Status, nowMs: number): string {
  const lanes = waiting
    .filter((each) => each.count > 0)
    .map(({ lane, oldestAcceptedAt, ...of }) => {
      const since = oldestAcceptedAt === null ? "" : ` (oldest ${ago(oldestAcceptedAt, nowMs)})`;
      return `${numberOf(of)} ${LANES[lane] ?? `lane ${lane}`}${since}`;
    });
  const parts = [...lanes, ...(parked.count === 0 ? [] : [`${numberOf(parked)} parked`])];
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

function callbackFact({ pending, dead }: Status["callbacks"]): Fact {
  const words = `${numberOf(pending)} pending, ${numberOf(dead)} dead`;
  return ["Callbacks", words, ...(dead.count === 0 ? ([] as const) : (["bad"] as const))];
}

function libraryFacts(library: Status["library"] | null, nowMs: number): Fact[] {
  if (library === null || library === undefined) return [];
  const { listedAt, trouble, drifted } = library;
  if (trouble !== null) return [["Library", trouble.detail, "bad"]];
  const names = drifted.map(({ name }) => name).join(", ");
  if (names !== "") return [["Library", `not as pinned: ${names}. lrq library status`, "bad"]];
  const listed = listedAt === null ? "not listed yet" : `listed ${ago(listedAt, nowMs)}`;
  return [["Library", `as pinned, ${listed}`]];
}

function setAsideFact(rows: number): Fact {
  return ["Set aside", `${rows} rows that this version of the app cannot read: update it`, "bad"];
}

function ago(iso: string, nowMs: number): string {
  return distanceWords(iso, nowMs);
}

function numberOf({ count: number, atLeast }: z.infer<typeof count>): string {
  return atLeast ? `${number} or more` : String(number);
}

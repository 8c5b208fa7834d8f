import { describe, expect, it } from "vitest";
import { aSequence, member } from "../../demo/a-run.ts";
import { RUN_ID } from "../../../ledger/a-sequence.ts";
import { served, typed } from "../typed.ts";

const SEQUENCE = aSequence(member("pc-0312"));
const INSTANT = "2026-11-29T05:00:00.000Z";

/** GET runs/{runId} of one sequence in this state. */
function run(state: "waiting" | "submitted" | "succeeded" | "failed") {
  const isOver = state === "succeeded" || state === "failed";
  const more = { profile: { name: "p", version: 1 }, parameters: {}, scripts: null, commands: [] };
  return {
    runId: RUN_ID,
    state: isOver ? "finished" : "running",
    source: "generic",
    incidentId: "CASE-1",
    title: "A title",
    severity: "high",
    url: null,
    requestedBy: "ana",
    requestedAt: INSTANT,
    finishedAt: isOver ? INSTANT : null,
    counts: { total: 1, [state]: 1 },
    scriptsFailed: 0,
    results: { owed: 0, stored: 0, unavailable: 0 },
    cancelAsked: null,
    gate: null,
    approval: null,
    skipped: [],
    sequences: [{ ...SEQUENCE, ...more, state }],
  };
}

type Answer = ReturnType<typeof run> | "broken" | "busy" | "gone";

/** An lrq that answers with these, one after the other, and the last one again and again. */
async function lrqWith(answers: readonly Answer[]) {
  let asked = 0;
  const url = await served((_, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? "broken";
    asked += 1;
    if (answer === "broken") return void response.destroy();
    if (answer === "busy") return void response.writeHead(503, { "retry-after": "30" }).end("{}");
    if (answer === "gone") {
      const problem = { type: "urn:lrq:problem:not-found", detail: "There is no such run." };
      return void response.writeHead(404).end(JSON.stringify(problem));
    }
    response.end(JSON.stringify(answer));
  });
  let nowMs = Date.parse(INSTANT);
  const slept: number[] = [];
  return {
    slept,
    asked: () => asked,
    around: {
      env: { LRQ_URL: url, LRQ_KEY: "key" },
      nowMs: () => nowMs,
      sleep: (ms: number) => {
        slept.push(ms);
        nowMs += ms;
        return Promise.resolve();
      },
    },
  };
}

const LINE = `watch ${RUN_ID}`;

describe("lrq watch", () => {
  it.each([
    ["succeeded", 0],
    ["failed", 6],
  ] as const)("says a line for each change, and ends with a run that %s", async (state, code) => {
    const answers = [run("waiting"), run("waiting"), run("submitted"), run(state)];
    const { around } = await lrqWith(answers);
    const watched = await typed(LINE, around);
    expect(watched.code).toBe(code);
    expect(watched.said.split("\n")).toHaveLength(4);
    expect(watched.said).toMatch(new RegExp(`finished: 1 ${state}$`));
  });

  it("survives a connection that is lost for a while, and says so once", async () => {
    const answers: Answer[] = [run("waiting"), "broken", "broken", "busy", run("succeeded")];
    const { around, slept } = await lrqWith(answers);
    const watched = await typed(LINE, around);
    expect(watched.code).toBe(0);
    expect(watched.noted.split("\n")).toEqual([expect.stringContaining("asked again")]);
    expect(slept).toEqual([2_000, 2_000, 2_000, 30_000]);
  });

  it("ends with 3 after the time that it was given, and not before", async () => {
    const { around, slept } = await lrqWith([run("waiting"), "broken"]);
    const watched = await typed(`${LINE} --patience 1`, around);
    expect([watched.code, watched.noted]).toEqual([3, expect.stringContaining("1 minutes")]);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(60_000);
  });

  it("does not wait for an lrq that never answered, nor for a run that is not there", async () => {
    const silent = await lrqWith(["broken"]);
    expect((await typed(LINE, silent.around)).code).toBe(3);
    const gone = await lrqWith([run("waiting"), "gone"]);
    expect((await typed(LINE, gone.around)).code).toBe(5);
    expect([silent.asked(), gone.asked()]).toEqual([1, 2]);
  });

  it("ends with 7 when its own time is over", async () => {
    const { around } = await lrqWith([run("waiting")]);
    const watched = await typed(`${LINE} --timeout 0.5`, around);
    expect([watched.code, watched.noted]).toEqual([7, expect.stringContaining("goes on")]);
  });

  it("says each change as JSON, and draws in place on a terminal", async () => {
    const answers = [run("waiting"), run("submitted"), run("succeeded")];
    const json = await typed(`${LINE} --json`, (await lrqWith(answers)).around);
    const changes: unknown[] = json.said.split("\n").map((each) => JSON.parse(each));
    expect(changes).toMatchObject([
      { state: "waiting" },
      { state: "submitted" },
      { state: "succeeded" },
      { state: "finished" },
    ]);
    const drawn: string[] = [];
    const terminal = { columns: 60, rows: 10, write: (text: string) => drawn.push(text) };
    const live = await typed(LINE, { ...(await lrqWith(answers)).around, terminal });
    expect(live.said).toMatch(/^run .* finished: 1 succeeded$/);
    expect(drawn.join("")).toContain("\u001b[4A");
    expect(drawn.at(-1)).toBe("\u001b[?25h");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { runsSchema } from "../../shared/api/run-answers.ts";
import { acceptedSchema, problemSchema } from "./answers.ts";
import { incident, machine } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

const CALLERS = [
  { name: "red", may: RIGHTS, key: hashed("red") },
  { name: "blue", may: RIGHTS, key: hashed("blue") },
  { name: "chief", all: true, may: RIGHTS, key: hashed("chief") },
];

let stage: Stage;
beforeAll(async () => {
  const machines = [1, 2, 3].map((number) => machine(number));
  stage = await openStage({ machines, env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterAll(async () => await stage.close());

async function accept(id: string, machines: number[], key: string): Promise<string> {
  const { body } = await stage.post("generic", incident(id, machines), { key });
  return acceptedSchema.parse(body).runId;
}

async function list(query: string, key: string) {
  const { status, body } = await stage.call("GET", `runs${query}`, undefined, { key });
  expect([query, status]).toEqual([query, 200]);
  return runsSchema.parse(body);
}

async function idsIn(query: string, key: string): Promise<string[]> {
  return (await list(query, key)).runs.map(({ runId }) => runId);
}

describe("the list of runs", () => {
  it("has what is running, then what has finished, for the team and for who sees all", async () => {
    // Which of them ends first is not for this story.
    await stage.call("POST", "pause", { reason: "so that all of them run" }, { key: "chief" });
    const first = await accept("first", [1], "red");
    const second = await accept("second", [2], "blue");
    const third = await accept("third", [3], "red");
    expect(await idsIn("", "chief")).toEqual([third, second, first]);
    expect(await idsIn("", "red")).toEqual([third, first]);
    expect(await idsIn("?source=generic&incident=second", "red")).toEqual([]);
    expect(await idsIn("?source=generic&incident=second", "blue")).toEqual([second]);
    await stage.call("POST", "resume", undefined, { key: "chief" });
    await until(
      async () => await idsIn("?state=running", "chief"),
      ({ length }) => length === 0,
      (running) => `still running: ${running.join(", ")}`,
    );
    const { runs, next } = await list("?state=finished&limit=2", "chief");
    expect(runs.map(({ runId }) => runId)).toEqual([third, second]);
    expect(runs[0]).toMatchObject({
      state: "finished",
      counts: { total: 1, open: 0, succeeded: 1, failed: 0 },
      failures: {},
      needs: [],
    });
    const rest = await list(`?state=finished&limit=2&cursor=${next ?? ""}`, "chief");
    expect([rest.runs.map(({ runId }) => runId), rest.next]).toEqual([[first], null]);
  });

  it.each([
    ["state=open", "running, finished"],
    ["source=splunk", "generic"],
    ["since=yesterday", "2026-11-29T03:00:00Z"],
    ["limit=101", "from 1 to 100"],
    ["limit=0", "from 1 to 100"],
    ["needsAttention=yes", "true, false"],
    ["incident=", "1 to 512"],
    ["cursor=page-2", "as next"],
    ["sort=title", "only state, source"],
  ])("says what to change in ?%s", async (query, says) => {
    const { status, body } = await stage.call("GET", `runs?${query}`, undefined, { key: "chief" });
    const [error] = problemSchema.parse(body).errors ?? [];
    expect([status, error?.path]).toEqual([400, query.split("=")[0]]);
    expect(error?.message).toContain(says);
  });
});

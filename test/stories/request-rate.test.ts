import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { incident } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const PER_MINUTE = 3;

let stage: Stage;
beforeAll(async () => {
  const may = ["incident.submit", "run.read"];
  const callers = ["busy", "quiet"].map((name) => ({ name, key: hashed(name), may }));
  stage = await openStage({
    env: {
      CALLERS: JSON.stringify(callers),
      REQUESTS_PER_CALLER_PER_MINUTE: String(PER_MINUTE),
    },
  });
});
afterAll(async () => await stage.close());

describe("a caller that sends too many requests in a minute", () => {
  it("gets 429 and is told when to come again, and others are heard", async () => {
    // A minute of the clock may turn meanwhile; then the caller has as many again.
    const answers = [];
    for (let sent = 0; answers.at(-1)?.status !== 429; sent += 1) {
      answers.push(await stage.post("generic", incident(`i-${sent}`, [1]), { key: "busy" }));
    }
    const refused = answers.at(-1);
    expect(refused).toMatchObject({
      status: 429,
      body: { type: "urn:lrq:problem:too-many-requests" },
    });
    expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(
      PER_MINUTE,
    );
    const seconds = Number(refused?.headers.get("retry-after"));
    expect(seconds > 0 && seconds <= 60).toBe(true);
    const { ledger } = await stage.rows();
    const runs = ledger.filter((key) => key.startsWith("run!"));
    expect(runs).toHaveLength(answers.length - 1);
    expect((await stage.post("generic", incident("other", [2]), { key: "quiet" })).status).toBe(
      202,
    );
  });
});

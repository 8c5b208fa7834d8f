import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptedSchema, problemSchema } from "./answers.ts";
import { incident, machineId, machines } from "./machines.ts";
import { hashed, jiraSigned, webhookSigned } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const NEXT = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const JIRA = "the secret jira signs with";
const KEY = "the key of the one who looks";
const CALLERS = [
  {
    name: "signs",
    team: "soc",
    hmac: [SECRET, NEXT],
    may: ["incident.submit", "again", "operate", "run.cancel"],
  },
  {
    name: "jira",
    team: "soc",
    jira: [JIRA],
    may: ["incident.submit", "again", "operate"],
    sources: ["generic"],
  },
  { name: "looks", team: "soc", key: hashed(KEY), may: ["run.read"] },
];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ machines: machines(7), env: { CALLERS: JSON.stringify(CALLERS) } });
});
afterAll(async () => await stage.close());

const text = (id: string, of: readonly number[]) => JSON.stringify(incident(id, of));
const sending = (headers: Record<string, string>, query = {}) => ({ key: null, headers, query });
const arrivalsOn = (number: number) =>
  stage.simulator.arrivals().filter((each) => each.machineId === machineId(number)).length;

async function finished(runId: string): Promise<void> {
  await until(
    async () => {
      const { body } = await stage.call("GET", `runs/${runId}`, undefined, { key: KEY });
      return JSON.stringify(body);
    },
    (run) => run.includes('"state":"finished"'),
    (run) => run,
  );
}

describe("a signed webhook that is sent again", () => {
  it("as it was is refused, and starts nothing", async () => {
    const body = text("replayed", [1]);
    const headers = webhookSigned(SECRET, body, "msg_replayed");
    const first = await stage.post("generic", body, sending(headers));
    await finished(acceptedSchema.parse(first.body).runId);
    for (let time = 0; time < 5; time += 1) {
      const again = await stage.post("generic", body, sending(headers));
      expect(again.status).toBe(409);
      expect(problemSchema.parse(again.body).type).toBe("urn:lrq:problem:replayed");
    }
    expect(arrivalsOn(1)).toBe(1);
  });

  it("as it was is refused, also if the first answer was a refusal", async () => {
    const body = JSON.stringify({ ...incident("refused", [1]), machines: "none" });
    const headers = webhookSigned(SECRET, body, "msg_refused");
    expect((await stage.post("generic", body, sending(headers))).status).toBe(400);
    expect((await stage.post("generic", body, sending(headers))).status).toBe(409);
  });

  it("by its sender, signed anew because the answer was lost, gets the same answer", async () => {
    const body = text("lost", [7]);
    const now = Math.floor(Date.now() / 1_000);
    const first = await stage.accept(
      "generic",
      body,
      sending(webhookSigned(SECRET, body, "msg_lost", now - 10)),
    );
    await finished(first.runId);
    for (const later of [0, 5]) {
      const headers = webhookSigned(SECRET, body, "msg_lost", now + later);
      const same = await stage.accept("generic", body, sending(headers));
      expect(same.runId).toBe(first.runId);
      expect(same.sequences.map(({ sequenceId }) => sequenceId)).toEqual(
        first.sequences.map(({ sequenceId }) => sequenceId),
      );
    }
    expect(arrivalsOn(7)).toBe(1);
  });

  it("by its sender, with a new time and the next secret of a rotation, is the same run", async () => {
    const body = text("rotated", [2]);
    const now = Math.floor(Date.now() / 1_000);
    const old = webhookSigned(SECRET, body, "msg_rotated", now - 250);
    const fresh = webhookSigned(NEXT, body, "msg_rotated", now);
    const first = await stage.accept("generic", body, sending(old));
    const second = await stage.accept("generic", body, sending(fresh));
    expect(second.runId).toBe(first.runId);
    await finished(first.runId);
    expect(arrivalsOn(2)).toBe(1);
  });

  it.each([
    ["to run another profile", { profile: "process-memory-dump" }, 403],
    ["with other parameters", { "parameter.process": "lsass" }, 403],
    ["to run anew", { again: "true" }, 403],
    ["to tell somebody else", { callback: "https://replayer.example/" }, 403],
    ["with any other query", { anything: "else" }, 409],
  ])("%s is refused", async (what, query, status) => {
    const body = text(`turned ${what}`, [3]);
    const id = `msg_${what.replaceAll(" ", "_")}`;
    const now = Math.floor(Date.now() / 1_000);
    const headers = webhookSigned(SECRET, body, id, now - 10);
    const before = await stage.accept("generic", body, sending(headers));
    await finished(before.runId);
    const arrivals = arrivalsOn(3);
    expect((await stage.post("generic", body, sending(headers, query))).status).toBe(409);
    // The newest copy, which the sender's answer was lost for.
    const anew = webhookSigned(SECRET, body, id, now);
    expect((await stage.post("generic", body, sending(anew, query))).status).toBe(status);
    const fromJira = await stage.post("generic", body, sending(jiraSigned(JIRA, body), query));
    expect(fromJira.status).toBe(status === 409 ? 202 : 403);
    expect(arrivalsOn(3)).toBe(arrivals);
  });

  it("under another key is the same message", async () => {
    const body = text("renamed", [3]);
    const headers = webhookSigned(SECRET, body, "msg_renamed");
    const { runId } = await stage.accept("generic", body, sending(headers));
    await finished(runId);
    const arrivals = arrivalsOn(3);
    const renamed = { ...headers, "idempotency-key": "of-the-replayer" };
    expect((await stage.post("generic", body, sending(renamed))).status).toBe(409);
    expect(arrivalsOn(3)).toBe(arrivals);
  });

  it("with another body under the same id is refused, signed though it is", async () => {
    const body = text("one body", [4]);
    await stage.accept("generic", body, sending(webhookSigned(SECRET, body, "msg_body")));
    const other = text("another body", [4, 5]);
    const answered = await stage.post(
      "generic",
      other,
      sending(webhookSigned(SECRET, other, "msg_body")),
    );
    expect([answered.status, arrivalsOn(5)]).toEqual([409, 0]);
  });

  it.each([
    ["POST", "pause"],
    ["POST", "resume"],
    ["POST", "runs/00000000000000000000/cancel"],
  ] as const)("to %s %s is refused, although its caller may do that", async (method, path) => {
    const body = JSON.stringify({ reason: "signed for something else" });
    for (const headers of [webhookSigned(SECRET, body, "msg_elsewhere"), jiraSigned(JIRA, body)]) {
      const answered = await stage.call(method, path, body, sending(headers));
      expect(answered.status).toBe(403);
    }
  });
});

describe("Jira's signature, which covers no time", () => {
  it("is good for the same work only, and six times, as often as Jira sends it", async () => {
    const body = text("from jira", [6]);
    const headers = jiraSigned(JIRA, body);
    const first = await stage.accept("generic", body, sending(headers));
    await finished(first.runId);
    const second = await stage.accept("generic", body, sending(headers));
    expect(second.runId).toBe(first.runId);
    const keyed = { ...headers, "idempotency-key": "a-new-one" };
    for (let sent = 3; sent <= 6; sent += 1) {
      expect((await stage.accept("generic", body, sending(keyed))).runId).toBe(first.runId);
    }
    expect((await stage.post("generic", body, sending(headers))).status).toBe(409);
    expect(arrivalsOn(6)).toBe(1);
  });

  it("is not good for running anew, although its caller may", async () => {
    const before = arrivalsOn(6);
    const body = text("from jira, again", [6]);
    const answered = await stage.post(
      "generic",
      body,
      sending(jiraSigned(JIRA, body), { again: "true" }),
    );
    expect(answered.status).toBe(403);
    expect(problemSchema.parse(answered.body).detail).toMatch(
      /Jira's signature does not cover the query/,
    );
    expect(arrivalsOn(6)).toBe(before);
  });
});

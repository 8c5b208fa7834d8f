import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RIGHTS } from "../../shared/access/caller.ts";
import { startReceiver, type Reaction, type Received, type Receiver } from "../receiver.ts";
import { problemSchema, statusSchema } from "./answers.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";
import { until as untilHolds } from "./until.ts";

const OWN_SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const ASKED_SECRET = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const URL_SECRET = "s3cr3t-signature";
/** One first try and three more, as many seconds apart. */
const SCHEDULE = "1,1,1";

/** What each path answers next; its last answer stays. */
const script = new Map<string, Reaction[]>();
let receiver: Receiver;
let stage: Stage;

beforeAll(async () => {
  receiver = await startReceiver(({ path }) => {
    const left = script.get(path.split("?", 1)[0] ?? "") ?? [];
    return (left.length > 1 ? left.shift() : left[0]) ?? 204;
  });
  stage = await openStage({ machines: machines(8), env: settings(receiver.url) });
});
afterAll(async () => {
  await stage.close();
  await receiver.close();
});

function settings(url: string): Record<string, string> {
  const key = createHash("sha256").update("the key of the stories").digest("hex");
  const caller = {
    name: "soar",
    key: `sha256:${key}`,
    may: RIGHTS,
    callbacks: [{ url: `${url}/own`, secret: OWN_SECRET }],
    callbackSecret: ASKED_SECRET,
  };
  return {
    CALLERS: JSON.stringify([caller]),
    CALLBACK_HOSTS: "127.0.0.1",
    CALLBACK_ALLOW_LOOPBACK: "true",
    CALLBACK_SCHEDULE_SECONDS: SCHEDULE,
    // An answer that a busy machine gives late still counts; silence lasts as long.
    CALLBACK_TIMEOUT_SECONDS: "10",
  };
}

const asking = (path: string, events?: readonly string[]) => ({
  callback: { url: `${receiver.url}${path}?sig=${URL_SECRET}`, ...(events ? { events } : {}) },
});
const at = (path: string) => receiver.received.filter((each) => each.path.startsWith(path));
const status = async () => statusSchema.parse((await stage.call("GET", "status")).body);
const idOf = ({ headers }: Received) => headers["webhook-id"];

const messageSchema = z.looseObject({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({ runId: z.string() }),
});

/** A message as the reference library lets it through. */
function verified(secret: string, { body, headers }: Received): z.infer<typeof messageSchema> {
  return messageSchema.parse(new Webhook(secret).verify(body, { ...headers }));
}

/** Waits until it holds; in vain throws with what was received and the end of the log. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  await untilHolds(
    holds,
    (isSo) => isSo,
    () => {
      const seen = receiver.received.map(({ path, headers }) => `${path} ${headers["webhook-id"]}`);
      return `${seen.join("\n")}\n${stage.log.slice(-40).join("\n")}`;
    },
  );
}

describe("a run", () => {
  it("is told to the caller's own address and to that of the request, signed for each", async () => {
    const body = incident("told", [1], asking("/asked"));
    const { runId } = await stage.accept("generic", body);
    await stage.untilFinished(runId);
    const of = (path: string, secret: string) =>
      at(path)
        .map((each) => verified(secret, each))
        .filter(({ data }) => data.runId === runId);
    await until(() => of("/own", OWN_SECRET).length + of("/asked", ASKED_SECRET).length >= 4);
    for (const messages of [of("/own", OWN_SECRET), of("/asked", ASKED_SECRET)]) {
      expect(messages.map(({ type }) => type).toSorted()).toEqual(["run.accepted", "run.finished"]);
      const last = messages.find(({ type }) => type === "run.finished");
      const { head, entries } = await stage.manifest(runId);
      expect(last?.data).toMatchObject({
        incidentId: "told",
        counts: { succeeded: 1, total: 1 },
        custody: { entries: entries.length, head },
      });
    }
    await until(async () =>
      (await stage.run(runId)).callbacks.every(({ deliveredAt }) => deliveredAt !== null),
    );
  });

  it("is told by the query, too, and of each sequence if that is asked for", async () => {
    const each = incident("each", [2], asking("/each", ["sequence.ended"]));
    const { runId } = await stage.accept("generic", each);
    const query = { callback: `${receiver.url}/query` };
    await stage.accept("generic", incident("query", [7]), { query });
    await stage.untilFinished(runId);
    await until(() => at("/each").length > 0);
    const types = at("/each").map((one) => verified(ASKED_SECRET, one).type);
    expect(types).toEqual(["sequence.ended"]);
    await until(() => at("/query").length === 2);
  });

  it("is refused with an address that is not allowed, and nothing of it is stored", async () => {
    const runs = async () => (await stage.rows()).ledger.filter((key) => key.startsWith("run!"));
    const before = await runs();
    const answered = await stage.post(
      "generic",
      incident("refused", [1], { callback: { url: `https://evil.example/?sig=${URL_SECRET}` } }),
    );
    expect(answered.status).toBe(400);
    expect(problemSchema.parse(answered.body).errors).toEqual([
      { path: "callback", message: expect.stringContaining("CALLBACK_HOSTS") },
    ]);
    expect(JSON.stringify(answered.body)).not.toContain(URL_SECRET);
    expect(await runs()).toEqual(before);
  });
});

describe("a receiver", () => {
  it("that fails with 500, 429 and silence gets the same message until it takes it", async () => {
    script.set("/flaky", [500, 429, "silence", 204]);
    await stage.accept("generic", incident("flaky", [3], asking("/flaky", ["run.accepted"])));
    await until(() => at("/flaky").length === 4);
    expect(new Set(at("/flaky").map(idOf)).size).toBe(1);
    for (const each of at("/flaky")) expect(verified(ASKED_SECRET, each).type).toBe("run.accepted");
    await until(async () => (await status()).callbacks.pending.count === 0);
    expect((await status()).callbacks.dead.count).toBe(0);
  });

  it("that answers 410 is told nothing more", async () => {
    script.set("/gone", [410]);
    const { runId } = await stage.accept("generic", incident("gone", [4], asking("/gone")));
    await until(async () =>
      (await stage.run(runId)).callbacks.some(({ endedAt }) => endedAt !== null),
    );
    await stage.untilFinished(runId);
    await until(async () => (await status()).callbacks.pending.count === 0);
    expect(at("/gone")).toHaveLength(1);
  });

  it("that redirects is not followed; its callback dies, is listed, and can be replayed", async () => {
    const location = `${receiver.url}/elsewhere`;
    script.set("/moved", [{ status: 302, headers: { location } }]);
    const body = incident("moved", [5], asking("/moved", ["run.accepted"]));
    const { runId } = await stage.accept("generic", body);
    await until(async () => (await status()).callbacks.dead.count === 1);
    expect(at("/moved")).toHaveLength(4);
    expect(at("/elsewhere")).toEqual([]);
    expect((await status()).callbacks.deadOnes).toMatchObject([
      { runId, event: "run.accepted", host: new URL(receiver.url).host, tries: 4 },
    ]);
    expect((await status()).callbacks.deadOnes[0]?.lastAnswer).toContain("302");

    script.set("/moved", [200]);
    const replayed = await stage.call("POST", `runs/${runId}/callbacks/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { dead: 1, again: 0 } });
    await until(() => at("/moved").length === 5);
    expect(new Set(at("/moved").map(idOf)).size).toBe(1);
    await until(async () => (await status()).callbacks.pending.count === 0);
    expect((await status()).callbacks.dead.count).toBe(0);
    const nobody = await stage.call("POST", "runs/00000000000000000000/callbacks/replay");
    expect(nobody.status).toBe(404);
  });
});

describe("a callback that fails, and one that arrives", () => {
  it("leave no secret in a log, a run or the status, and no message in a queue", async () => {
    script.set("/secretive", [500, 204]);
    const { runId } = await stage.accept("generic", incident("secrets", [6], asking("/secretive")));
    const finished = await stage.untilFinished(runId);
    await until(() => at("/secretive").length === 3);
    await until(async () => (await stage.rows()).messages === 0);
    const said = [...stage.log, JSON.stringify([await status(), finished])].join("\n");
    expect(said).toContain("calledBack");
    expect(said).not.toMatch(new RegExp(`${URL_SECRET}|whsec_`));
    expect(stage.simulator.violations()).toEqual([]);
  });
});

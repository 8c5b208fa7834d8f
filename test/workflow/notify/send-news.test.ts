import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { parseCallers } from "../../../shared/access/caller.ts";
import type { CallbackRequest } from "../../../shared/callback/answer.ts";
import { newsOfNoRun, owing } from "../../../shared/ledger/outbox/notice.ts";
import { callbackMessageSchema } from "../../../shared/ledger/outbox/message.ts";
import { NOTICE } from "../../../shared/ledger/row/keys.ts";
import { callBack } from "../../../shared/workflow/notify/send-notice.ts";
import { ringNotices } from "../../../shared/workflow/notify/ring-notices.ts";
import { pause } from "../../../shared/workflow/operate/pause.ts";
import { keyHash } from "../../access/callers.ts";
import { SECRET } from "../../callback/told-facts.ts";
import { startAccepting } from "../accepting.ts";

const hook = (name: string, events: readonly string[]) => ({
  url: `https://${name}.contoso.example/lrq`,
  secret: SECRET,
  events,
});
const caller = (name: string, more: object) => ({
  name,
  key: keyHash(name),
  may: ["operate"],
  ...more,
});
const FOLLOWS = hook("follows", ["queue.paused", "queue.throttled", "sweep.short"]);
const RED = hook("red", ["sweep.short"]);
const BLUE = hook("blue", ["sweep.short"]);
const SHORT = { round: 3, targeted: 20, reached: 12, coverage: 0.9, why: "expired" };
const OTHER = hook("other", ["run.accepted"]);
const RULES = {
  hosts: ["*.contoso.example"],
  allowLoopback: false,
  sentinelComments: false,
  managementUrl: "https://management.azure.com",
};

function read(...callers: object[]) {
  return parseCallers(JSON.stringify(callers));
}

/** A queue that was just paused, and receivers that answer so. */
const paused = async (answer: (nth: number) => number) =>
  await telling(answer, async (ports) => {
    await pause(ports, { by: "ana", why: "maintenance" });
  });

/** A round of the sweep of a team that has reached too few machines. */
const short = async (team: string) =>
  await telling(
    () => 204,
    async ({ ledger }) => {
      const about = { kind: "roundShort", sweep: "hosts", team, ...SHORT } as const;
      await ledger.commit(owing([newsOfNoRun("sweep.short", { about, which: "1", nowMs: 1 })]));
    },
  );

async function telling(
  answer: (nth: number) => number,
  happens: (ports: ReturnType<typeof startAccepting>["ports"]) => Promise<void>,
) {
  const world = startAccepting();
  const sent: CallbackRequest[] = [];
  const log: string[] = [];
  const nowMs = () => world.ports.clock.earliest();
  const bells = createMemoryBells({ nowMs });
  const ports = {
    ...world.ports,
    bells,
    log: (level: string, event: string) => void log.push(`${level} ${event}`),
    callbacks: {
      send: async (request: CallbackRequest) => {
        sent.push(request);
        return { kind: "answered", httpStatus: answer(sent.length), retryAfterMs: null } as const;
      },
    },
  };
  const callers = read(
    caller("soc", { all: true, callbacks: [FOLLOWS, OTHER] }),
    caller("team", { callbacks: [OTHER] }),
    caller("red", { team: "red", callbacks: [RED] }),
    caller("blue", { team: "blue", callbacks: [BLUE] }),
  );
  if (callers.kind !== "parsed") throw new Error(JSON.stringify(callers.problems));
  const settings = { callers: callers.value, rules: RULES, waitsMs: [1_000, 2_000] };
  await happens(ports);
  return {
    sent,
    log,
    serve: async () => {
      await ringNotices(ports);
      for (const message of bells.receive(nowMs(), { queue: "callback" })) {
        const { callback } = callbackMessageSchema.parse(message.body);
        await callBack(ports, settings, callback);
        bells.complete(message.id);
      }
    },
    pass: (ms: number) => world.pass(ms),
    owed: async () => (await ports.ledger.list(NOTICE.from, NOTICE.before, 100)).length,
  };
}

const bodyOf = (request: CallbackRequest | undefined): unknown => JSON.parse(request?.body ?? "");

describe("a callback about the whole queue", () => {
  it("goes to each target of a caller for all teams that wants it, signed, and to no other", async () => {
    const { sent, serve, owed } = await paused(() => 204);
    await serve();
    await serve();
    expect(sent.map(({ url }) => url)).toEqual([FOLLOWS.url]);
    expect(sent[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
    expect(bodyOf(sent[0])).toMatchObject({
      type: "queue.paused",
      data: { queue: { paused: true, by: "ana", why: "maintenance" } },
    });
    expect(await owed()).toBe(0);
  });

  it("is tried again with the same id, and after the last try it is only in the log", async () => {
    const { sent, serve, pass, owed, log } = await paused(() => 503);
    for (let second = 0; second < 20; second += 1) {
      await serve();
      pass(1_000);
    }
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await owed()).toBe(0);
    expect(log.filter((line) => line === "error calledBack")).toHaveLength(1);
  });

  it("ends for a receiver that wants no more", async () => {
    const { sent, serve, pass, owed } = await paused(() => 410);
    for (const _ of [1, 2, 3, 4]) {
      await serve();
      pass(5_000);
    }
    expect([sent.length, await owed()]).toEqual([1, 0]);
  });

  it.each([
    ["a caller who does not reach every team", caller("team", { callbacks: [FOLLOWS] }), "all"],
    [
      "a ticket",
      caller("soc", {
        all: true,
        callbacks: [{ ...FOLLOWS, secret: undefined, shape: "servicenow" }],
      }),
      "shape generic",
    ],
  ])("is a wrong setting for %s", (_, setting, words) => {
    const came = read(setting);
    const messages = came.kind === "parsed" ? [] : came.problems.map(({ message }) => message);
    expect(z.array(z.string()).parse(messages).join()).toContain(words);
  });
});

describe("a callback about a sweep", () => {
  it("goes to those of its team and of all teams who want it, and to no other", async () => {
    const { sent, serve, owed } = await short("red");
    await serve();
    await serve();
    expect(sent.map(({ url }) => url).toSorted()).toEqual([FOLLOWS.url, RED.url].toSorted());
    for (const request of sent) {
      const data = { short: { sweep: "hosts", ...SHORT } };
      expect(bodyOf(request)).toMatchObject({ type: "sweep.short", data });
      expect(request.body).not.toContain("team");
    }
    expect(await owed()).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { CallbackRequest } from "../../../shared/callback/answer.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import type { Row } from "../../../shared/ports.ts";
import { replayCallbacks } from "../../../shared/workflow/notify/replay-callbacks.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { openCallingBack, TARGETS, type CallingBack } from "../calling-back.ts";
import { interrupted } from "../interrupting.ts";

const typeSchema = z.looseObject({ type: z.string() });
const typeOf = ({ body }: CallbackRequest) => typeSchema.parse(JSON.parse(body)).type;
const idOf = ({ headers }: CallbackRequest) => headers["webhook-id"] ?? "";
const hostOf = ({ url }: CallbackRequest) => new URL(url).hostname.split(".")[0] ?? "";

/** True for the row of a run of which somebody wants to hear nothing more. */
const isEnded = (row: Row | null) =>
  runSchema.parse(row?.body).callbacks.some(({ endedAtMs }) => endedAtMs !== null);

/** Lets hours pass, a minute at a time, and serves what becomes due. */
async function forHours(world: CallingBack, hours: number): Promise<void> {
  for (let minute = 0; minute < hours * 60; minute += 1) {
    world.pass(60_000);
    await world.serve();
  }
}

describe("a run that is accepted", () => {
  it("owes its callbacks in the transaction that writes it, the only one there is", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(100, [TARGETS.one, TARGETS.two]);
    expect(world.notices().map(({ event }) => event)).toEqual(["run.accepted", "run.accepted"]);
    expect(new Set(world.notices().map(({ targetId }) => targetId)).size).toBe(2);
    expect((await world.run()).accepted).toBe(100);
    const owed = world.commits.map((keys) => keys.filter((key) => key.startsWith("notice!")));
    expect(owed.map(({ length }) => length)).toEqual([2]);
  });

  it("is told to each of its targets once, and the run says so", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1, [TARGETS.one, TARGETS.two]);
    expect(await world.serve()).toEqual(["delivered", "delivered"]);
    expect(world.sent.map(typeOf)).toEqual(["run.accepted", "run.accepted"]);
    expect(world.sent.map(hostOf).toSorted()).toEqual(["one", "two"]);
    expect(world.notices()).toEqual([]);
    const { callbacks } = await world.run();
    expect(callbacks.map(({ delivered }) => delivered)).toEqual([
      { atMs: world.nowMs(), tries: 1 },
      { atMs: world.nowMs(), tries: 1 },
    ]);
    await forHours(world, 1);
    expect(world.sent).toHaveLength(2);
  });

  it("is not told again when the same incident comes again", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(2);
    await world.accept(2);
    await world.accept(1);
    expect(world.notices()).toHaveLength(1);
  });

  it("is told anew, under another id, when it grows", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1);
    await world.accept(3);
    await world.serve();
    expect(world.sent.map(typeOf)).toEqual(["run.accepted", "run.accepted"]);
    expect(new Set(world.sent.map(idOf)).size).toBe(2);
  });
});

describe("the end of a run", () => {
  it("is told after each of its sequences, all with ids of their own", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(2);
    await world.cancel();
    await world.serve();
    expect(world.sent.map(typeOf).toSorted()).toEqual([
      "run.accepted",
      "run.finished",
      "sequence.ended",
      "sequence.ended",
    ]);
    expect(new Set(world.sent.map(idOf)).size).toBe(4);
    const last = world.sent.find((request) => typeOf(request) === "run.finished");
    expect(JSON.parse(last?.body ?? "")).toMatchObject({
      data: { runId: RUN_ID, state: "finished", counts: { cancelled: 2, total: 2 } },
    });
  });

  it("is told to who joins the run after it", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1);
    await world.cancel();
    await world.serve();
    await world.accept(1, [TARGETS.two]);
    await world.serve();
    const joined = world.sent.filter((request) => hostOf(request) === "two");
    expect(joined.map(typeOf).toSorted()).toEqual(["run.accepted", "run.finished"]);
    await world.accept(1, [TARGETS.two]);
    expect(world.notices()).toEqual([]);
  });
});

describe("a receiver that fails", () => {
  it.each([500, 429, 302, 404])(
    "with %i is tried again on the schedule, with the same id, until it succeeds",
    async (status) => {
      const answers = [status, status, 204];
      const world = openCallingBack(() => answers.shift() ?? 204);
      await world.accept(1);
      const cameTo = async (ms: number) => {
        world.pass(ms);
        return await world.serve();
      };
      expect(await cameTo(0)).toEqual(["again"]);
      expect(await cameTo(4_999)).toEqual([]);
      expect(await cameTo(1)).toEqual(["again"]);
      expect(await cameTo(299_999)).toEqual([]);
      expect(await cameTo(1)).toEqual(["delivered"]);
      expect(new Set(world.sent.map(idOf)).size).toBe(1);
      expect(new Set(world.sent.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(3);
      expect((await world.run()).callbacks[0]?.delivered?.tries).toBe(3);
    },
  );

  it("to the last try leaves a dead callback, which can be replayed with the same id", async () => {
    const state = { status: 500 };
    const world = openCallingBack(() => state.status);
    await world.accept(1);
    await forHours(world, 2);
    expect(world.sent).toHaveLength(4);
    expect([world.notices().length, world.dead()]).toEqual([0, 1]);
    expect(world.log.at(-1)).toContain("HTTP 500");
    state.status = 200;
    const asked = { by: "analyst", all: false };
    expect(await replayCallbacks(world.ports(), RUN_ID, asked)).toEqual({ dead: 1, again: 0 });
    expect(await replayCallbacks(world.ports(), RUN_ID, asked)).toEqual({ dead: 0, again: 0 });
    await world.serve();
    expect(world.sent).toHaveLength(5);
    expect(new Set(world.sent.map(idOf)).size).toBe(1);
    expect([world.notices().length, world.dead()]).toEqual([0, 0]);
  });

  it("that says 410 is told nothing more of this run, until somebody asks for it", async () => {
    const state = { status: 410 };
    const world = openCallingBack(() => state.status);
    await world.accept(1);
    expect(await world.serve()).toEqual(["ended"]);
    await world.cancel();
    await forHours(world, 1);
    expect(world.sent).toHaveLength(1);
    expect([world.notices().length, world.dead()]).toEqual([0, 0]);
    state.status = 204;
    const asked = { by: "analyst", all: true };
    expect(await replayCallbacks(world.ports(), RUN_ID, asked)).toEqual({ dead: 0, again: 2 });
    await world.serve();
    expect(world.sent.slice(1).map(typeOf).toSorted()).toEqual(["run.accepted", "run.finished"]);
  });

  it("that said 410 is told what was on its way when somebody asked that it is told again", async () => {
    const state = { status: 410 };
    const world = openCallingBack(() => state.status);
    await world.accept(1);
    await world.cancel();
    expect(world.notices()).toHaveLength(3);
    const replay = async () => {
      state.status = 204;
      await replayCallbacks(world.ports(), RUN_ID, { by: "analyst", all: true });
    };
    // The first is answered 410; it is asked for after the look at the run for the second.
    const replayed = world.ports((ports) => ({
      ...ports,
      ledger: interrupted(ports.ledger, runKey(RUN_ID), replay, isEnded),
    }));
    expect((await world.serve(replayed)).toSorted()).toEqual(["delivered", "ended", "stale"]);
    await forHours(world, 1);
    expect((await world.run()).callbacks[0]?.endedAtMs).toBeNull();
    const heard = new Set(world.sent.slice(1).map(typeOf));
    expect(heard).toEqual(new Set(["run.accepted", "run.finished", "sequence.ended"]));
  });

  it("never holds up another, and its address is in no log", async () => {
    const world = openCallingBack((request) => (hostOf(request) === "one" ? 500 : 204));
    await world.accept(1, [TARGETS.one, TARGETS.two]);
    expect((await world.serve()).toSorted()).toEqual(["again", "delivered"]);
    await forHours(world, 2);
    expect(world.dead()).toBe(1);
    expect(world.log.join("\n")).not.toMatch(/s3cret|contoso\.example\/|whsec/);
  });

  it("of which the settings know nothing any more leaves a dead callback at once", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1, [{ ...TARGETS.one, targetId: "another" }]);
    expect(await world.serve()).toEqual(["dead"]);
    expect(world.sent).toEqual([]);
  });
});

describe("a message", () => {
  it("that is lost is rung for again after three minutes", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1);
    const deaf = world.ports((ports) => ({
      ...ports,
      bells: { ...ports.bells, ringCallback: async () => {} },
    }));
    expect(await world.serve(deaf)).toEqual([]);
    world.pass(179_999);
    expect(await world.serve()).toEqual([]);
    world.pass(1);
    expect(await world.serve()).toEqual(["delivered"]);
  });

  it("that comes twice finds its notice sent", async () => {
    const world = openCallingBack(() => 204);
    await world.accept(1);
    const twice = world.ports((ports) => ({
      ...ports,
      bells: {
        ...ports.bells,
        ringCallback: async (bell) => {
          await ports.bells.ringCallback(bell);
          await ports.bells.ringCallback(bell);
        },
      },
    }));
    expect(await world.serve(twice)).toEqual(["delivered", "stale"]);
    expect(world.sent).toHaveLength(1);
  });

  it("waits in no queue: what is due in an hour is a row only", async () => {
    const world = openCallingBack(() => 500);
    await world.accept(1);
    await world.serve();
    expect(world.bells.size()).toBe(0);
    expect(world.notices()).toHaveLength(1);
    await forHours(world, 2);
    expect(world.bells.size()).toBe(0);
  });
});

import { ofEveryTeam } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import type { Defender, Ports, Reply } from "../../../shared/ports.ts";
import { describeStatus } from "../../../shared/workflow/view/describe-status.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { type Collecting, openCollecting, type Served } from "../collecting.ts";

const GET: Served = { type: "GetFile", fileName: "a.bin", chunks: [Buffer.from("bytes")] };
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The waits double from a poll to ten minutes. */
const TRIES_IN_TWO_HOURS = [0, 15, 45, 105, 225, 465].concat(
  Array.from({ length: 11 }, (_, index) => 945 + index * 600),
);

const refused = {
  kind: "refused",
  httpStatus: 403,
  code: "Forbidden",
  detail: "HTTP 403 Forbidden",
} as const satisfies Reply<never>;
const absent = { kind: "absent", detail: "HTTP 404 ResourceNotFound" } as const;

type Change = (ports: Ports) => Ports;
const through =
  (defender: Partial<Defender>): Change =>
  (ports) => ({ ...ports, defender: { ...ports.defender, ...defender } });
const noLink = through({ resultLink: async () => refused });
const noFirstLink: Change = (ports) =>
  through({
    resultLink: async (id, index) =>
      index === 0 ? refused : await ports.defender.resultLink(id, index),
  })(ports);
const noBlob = through({ download: async () => refused });
const none = through({ resultLink: async () => absent });

/** Lets time pass: every bell is answered when it is due, and with `polls` the timer looks on. */
async function pass(
  collecting: Collecting,
  ms: number,
  { change = (ports) => ports, polls = false }: { change?: Change; polls?: boolean } = {},
): Promise<{ triesAtS: number[]; bells: number }> {
  const { bells } = collecting;
  const { clock } = collecting.ports();
  const [startMs, triesAtS] = [clock.earliest(), [] as number[]];
  let most = 0;
  for (let atMs = 0; atMs < ms; atMs += 15 * SECOND_MS) {
    for (const message of bells.receive(clock.earliest())) {
      const before = (await collecting.record()).results[0]?.tries ?? 0;
      await collecting.collect(collecting.ports(change));
      bells.complete(message.id);
      const after = (await collecting.record()).results[0]?.tries ?? 0;
      if (after > before) triesAtS.push(Math.round((clock.earliest() - startMs) / SECOND_MS));
    }
    if (polls) await poll(collecting.ports(), someLimits(), "test");
    most = Math.max(most, bells.size());
    await collecting.advance(15 * SECOND_MS);
  }
  return { triesAtS, bells: most };
}

const began = async (served: readonly Served[]) => {
  const collecting = await openCollecting(served);
  await collecting.ports().bells.ringCollect((await collecting.record()).sequenceId, 0);
  return collecting;
};

describe("trouble of ours", () => {
  it.each([
    ["403 on the link", noLink],
    ["403 on the blob", noBlob],
    [
      "no token",
      through({ resultLink: async () => ({ kind: "unavailable", detail: "no access token" }) }),
    ],
    [
      "a link to elsewhere",
      through({
        resultLink: async () => ({ ...refused, httpStatus: 200, code: "LinkNotAllowed" }),
      }),
    ],
  ])("%s for three days gives nothing up, and then all of it comes", async (_, change) => {
    const collecting = await began([GET]);
    const { triesAtS } = await pass(collecting, 3 * DAY_MS, { change });
    const [result] = (await collecting.record()).results;
    expect(result).toMatchObject({ state: "owed", tries: triesAtS.length });
    // Every ten minutes at last, and never less often.
    const waits = triesAtS.slice(1).map((atS, index) => atS - (triesAtS[index] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(600 + 15);
    expect(triesAtS.length).toBeLessThan(440);
    await pass(collecting, 660 * SECOND_MS);
    expect((await collecting.record()).results[0]).toMatchObject({ state: "stored" });
    expect((await collecting.manifest()).entries).toHaveLength(1);
  });

  it("makes one chain of tries, although the poll looks for lost ones sooner than they are due", async () => {
    const collecting = await began([GET]);
    const { triesAtS, bells } = await pass(collecting, 2 * HOUR_MS, {
      change: noBlob,
      polls: true,
    });
    expect({ triesAtS, bells }).toEqual({ triesAtS: TRIES_IN_TWO_HOURS, bells: 1 });
    // A link that died is replaced once in the same try.
    expect(collecting.asked.links).toBe(2 * TRIES_IN_TWO_HOURS.length);
  });

  it("is said in the result, the status and the log", async () => {
    const collecting = await began([GET, GET]);
    await pass(collecting, 15 * SECOND_MS, { change: noLink });
    const [result] = (await collecting.record()).results;
    expect(result).toMatchObject({ detail: refused.detail, tries: 1 });
    const { results } = await describeStatus(collecting.ports(), someLimits(), ofEveryTeam("op"));
    const owed = { count: 1, atLeast: false };
    expect(results).toEqual({ owed, inTrouble: 1, trouble: refused.detail });
    expect(collecting.log.some((line) => line.includes('"level":"warn","event":"fetched"'))).toBe(
      true,
    );
  });

  it("with one result keeps none of the others waiting", async () => {
    const collecting = await began([GET, GET]);
    await pass(collecting, 15 * SECOND_MS, { change: noFirstLink });
    expect((await collecting.record()).results.map(({ state }) => state)).toEqual([
      "owed",
      "stored",
    ]);
  });

  it("that asks for a pause is not asked again before that is over", async () => {
    const collecting = await began([GET]);
    const pausing = through({
      resultLink: async () => ({ kind: "throttled", retryAfterMs: 600 * SECOND_MS }),
    });
    const { triesAtS } = await pass(collecting, HOUR_MS, { change: pausing });
    expect(triesAtS.slice(0, 3)).toEqual([0, 600, 1_200]);
  });
});

describe("a bell for results", () => {
  it("that comes before the next try is due changes nothing, and rings for nobody", async () => {
    const collecting = await began([GET]);
    await pass(collecting, 60 * SECOND_MS, { change: noBlob });
    const { links } = collecting.asked;
    const bells = collecting.bells.size();
    expect(await collecting.collect()).toEqual({ kind: "later", stored: 0 });
    expect([collecting.asked.links, collecting.bells.size()]).toEqual([links, bells]);
  });

  it("that is delivered twice at once makes one try, and one bell for the next", async () => {
    const collecting = await began([GET]);
    collecting.bells
      .receive(Number.MAX_SAFE_INTEGER)
      .map(({ id }) => collecting.bells.complete(id));
    const at = collecting.ports((ports) => ({
      ...noBlob(ports),
      clock: { ...ports.clock, sleep: async () => undefined },
    }));
    await Promise.all([collecting.collect(at), collecting.collect(at)]);
    expect((await collecting.record()).results[0]?.tries).toBe(1);
    expect(collecting.bells.size()).toBe(1);
  });
});

describe("a result that Defender says it has not", () => {
  it("of a command that failed is given up after two minutes of that word", async () => {
    const collecting = await began([GET]);
    await collecting.fail(0);
    const { triesAtS } = await pass(collecting, HOUR_MS, { change: none });
    expect(triesAtS).toEqual([0, 15, 45, 105, 120]);
    expect((await collecting.record()).results[0]).toMatchObject({
      state: "unavailable",
      detail: absent.detail,
    });
  });

  it("of a command that completed is asked for during a day, and trouble does not count", async () => {
    const collecting = await began([GET]);
    await pass(collecting, 2 * DAY_MS, { change: noLink });
    await pass(collecting, DAY_MS - HOUR_MS, { change: none });
    expect((await collecting.record()).results[0]?.state).toBe("owed");
    await pass(collecting, 3 * HOUR_MS, { change: none });
    expect((await collecting.record()).results[0]?.state).toBe("unavailable");
  });

  it("and then gives a link to is there after all: the word of before is forgotten", async () => {
    const collecting = await began([GET]);
    await pass(collecting, 20 * HOUR_MS, { change: none });
    await pass(collecting, 3 * HOUR_MS, { change: noBlob });
    await pass(collecting, 20 * HOUR_MS, { change: none });
    expect((await collecting.record()).results[0]?.state).toBe("owed");
  });
});

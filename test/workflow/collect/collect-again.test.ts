import { reading } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import type { Ports } from "../../../shared/ports.ts";
import { collectAgain } from "../../../shared/workflow/collect/collect-again.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { type Collecting, openCollecting, type Served } from "../collecting.ts";

const SCRIPT: Served = {
  type: "RunScript",
  fileName: null,
  chunks: [Buffer.from('{"exit_code":0,"script_output":"","script_errors":""}')],
};
const TARGET = {
  targetId: "t",
  from: "setting",
  caller: "analyst",
  shape: "generic",
  host: "told.example",
  url: null,
  events: ["sequence.ended", "run.finished"],
  delivered: null,
  endedAtMs: null,
};

const without = (ports: Ports): Ports => ({
  ...ports,
  defender: {
    ...ports.defender,
    resultLink: async () => ({ kind: "absent", detail: "HTTP 404 ResourceNotFound" }),
  },
});

const withoutToken = (ports: Ports): Ports => ({
  ...ports,
  defender: {
    ...ports.defender,
    resultLink: async () => ({ kind: "unavailable", detail: "no access token" }),
  },
});

const viewOf = async (collecting: Collecting) => {
  const view = await describeRun(collecting.ports(), someLimits(), RUN_ID, reading());
  if (view === null) throw new Error("there is no run");
  return view;
};
const keysOf = ({ ledger }: Collecting, prefix: string) =>
  ledger.rows().flatMap(({ key }) => (key.startsWith(prefix) ? [key] : []));

/** A finished run whose one result was given up, and of which somebody was told. */
async function givenUp(): Promise<Collecting> {
  const collecting = await openCollecting([SCRIPT]);
  const { ledger } = collecting;
  const row = await ledger.read(runKey(RUN_ID));
  const gate = { state: "open", wave: 0, held: 0, done: 0, failed: 0, maxFailedShare: 0.5 };
  const body = { ...Object(row?.body), callbacks: [TARGET], gate: { ...gate, paused: null } };
  await ledger.commit([{ op: "replace", key: runKey(RUN_ID), body, etag: row?.etag ?? "" }]);
  await collecting.fail(0);
  for (let tries = 0; tries < 5; tries += 1) {
    await collecting.collect(collecting.ports(without));
    await collecting.advance(120_000);
  }
  expect(await viewOf(collecting)).toMatchObject({
    state: "finished",
    results: { owed: 0, stored: 0, unavailable: 1 },
  });
  return collecting;
}

describe("a run whose results are asked for again", () => {
  it("gets what Defender has by now, sealed, without anything being run", async () => {
    const collecting = await givenUp();
    expect(await collectAgain(collecting.ports(), RUN_ID, "ana")).toEqual({ reopened: 1, owed: 0 });
    expect(collecting.bells.size()).toBeGreaterThan(0);
    expect((await viewOf(collecting)).results).toEqual({ owed: 1, stored: 0, unavailable: 0 });
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 1 });
    expect((await viewOf(collecting)).results).toEqual({ owed: 0, stored: 1, unavailable: 0 });
    expect((await collecting.manifest()).entries).toHaveLength(1);
    expect(keysOf(collecting, "owed!")).toEqual([]);
    const events = collecting.ledger
      .rows()
      .filter(({ key }) => key.startsWith(`audit!${RUN_ID}`))
      .map(({ body }) => [Object(body).event, Object(body).by]);
    expect(events).toEqual([["collectAsked", "ana"]]);
  });

  it("stays finished, is counted once, and nobody is told of it twice", async () => {
    const collecting = await givenUp();
    const notices = keysOf(collecting, "notice!");
    const before = await collecting.ledger.read(runKey(RUN_ID));
    const { finishedAtMs, gate, open } = Object(before?.body);
    expect([notices.length, open, gate.done, gate.failed]).toEqual([2, 0, 1, 1]);
    await collectAgain(collecting.ports(), RUN_ID, "ana");
    expect((await viewOf(collecting)).state).toBe("finished");
    await collecting.collect();
    const after = Object((await collecting.ledger.read(runKey(RUN_ID)))?.body);
    expect(after).toMatchObject({ finishedAtMs, gate, open: 0, custody: { count: 1 } });
    expect(keysOf(collecting, "notice!")).toEqual(notices);
  });

  it("can be asked while results are owed: the next try is now, and the waits begin anew", async () => {
    const collecting = await openCollecting([SCRIPT]);
    for (let tries = 0; tries < 12; tries += 1) {
      await collecting.collect(collecting.ports(withoutToken));
      await collecting.advance(3_600_000);
    }
    await collecting.collect(collecting.ports(withoutToken));
    expect(await collecting.collect()).toEqual({ kind: "later", stored: 0 });
    expect(await collectAgain(collecting.ports(), RUN_ID, "ana")).toEqual({ reopened: 0, owed: 1 });
    expect((await viewOf(collecting)).state).toBe("running");
    expect(await collecting.collect()).toEqual({ kind: "done", stored: 1 });
    expect((await viewOf(collecting)).state).toBe("finished");
  });

  it("asks for nothing where nothing is missing, and there has to be a run", async () => {
    const collecting = await openCollecting([SCRIPT]);
    await collecting.collect();
    expect(await collectAgain(collecting.ports(), RUN_ID, "ana")).toEqual({ reopened: 0, owed: 0 });
    expect(await collectAgain(collecting.ports(), "0".repeat(20), "ana")).toBeNull();
    expect(await collectAgain(collecting.ports(), "no id", "ana")).toBeNull();
  });
});

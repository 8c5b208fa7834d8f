import { describe, expect, it } from "vitest";
import type { Ports } from "../../../shared/ports.ts";
import {
  machineKey,
  placeOfRun,
  RATE_TOKEN_KEY,
  RUNNING,
  runKey,
  runningKey,
} from "../../../shared/ledger/row/keys.ts";
import { budgetSchema, type Budget } from "../../../shared/limits/pace/budget.ts";
import { lockedOutBy } from "../../../shared/limits/pace/lockout.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { summaryOf, summaryRows } from "../../../shared/ledger/run/summary.ts";
import { claim, giveBack } from "../../../shared/ledger/sequence/moves.ts";
import { insertion, move } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { readOutstanding } from "../../../shared/store/outstanding.ts";
import { releaseSeen } from "../../../shared/workflow/poll/release-seen.ts";
import { changeBudgetAlone } from "../../../shared/store/change-budget.ts";
import { pause } from "../../../shared/workflow/operate/pause.ts";
import { tellState } from "../../../shared/workflow/view/tell-state.ts";
import { incident } from "../../plan/planning.ts";
import { aSequence, RUN_ID, START_MS } from "../../ledger/a-sequence.ts";
import { startAccepting } from "../accepting.ts";
import { someLimits } from "../../limits/some-limits.ts";

/** An app that has taken incidents in and submits nothing, and what its line says of it. */
function startWaiting(settings: Parameters<typeof startAccepting>[0] = {}) {
  const world = startAccepting(settings);
  const lines: object[] = [];
  const log: Ports["log"] = (_, event, fields) => void lines.push({ event, ...fields });
  const { ledger, ports } = world;
  return {
    ledger,
    ports,
    accept: async (...asked: Parameters<typeof world.accept>) => await world.accept(...asked),
    pass: (ms: number) => {
      world.pass(ms);
    },
    unfolded: async () => await world.unfolded(),
    line: async (read: Ports["ledger"] = ledger) => {
      await tellState({ ...ports, ledger: read, log });
      return lines.at(-1) ?? {};
    },
    budget: async (change: (budget: Budget) => Budget) => await changeBudgetAlone(ports, change),
    nowMs: () => ports.clock.earliest(),
  };
}

const QUIET = {
  event: "queueState",
  waiting: 0,
  urgentSeconds: null,
  door: "open",
  lockedOut: null,
  paused: false,
  setAside: 0,
  approvalSeconds: null,
  approvalsKnown: true,
  callbacksDead: 0,
};
const TIER0 = { tier0: [{ ids: ["1".padStart(40, "0")] }] };
const HOUR_SECONDS = 3_600;

describe("the line about the queue", () => {
  it("says that nothing is wrong while nothing is", async () => {
    expect(await startWaiting().line()).toEqual(QUIET);
  });

  it("says how many wait, and how long the first urgent one does", async () => {
    const { accept, pass, line, unfolded } = startWaiting();
    await accept("slow", [1, 2]);
    await unfolded();
    pass(300_000);
    expect(await line()).toEqual({ ...QUIET, waiting: 2 });
    await accept("fast", [3], { incident: urgent("fast", 3) });
    await unfolded();
    pass(42_000);
    await accept("faster", [4], { incident: urgent("faster", 4) });
    await unfolded();
    pass(18_000);
    expect(await line()).toEqual({ ...QUIET, waiting: 4, urgentSeconds: 60 });
  });

  it("says how long the next approval can still be given", async () => {
    const { ledger, accept, pass, line, unfolded } = startWaiting({ scope: TIER0 });
    const accepted = await accept("case", [0, 1]);
    await unfolded();
    expect(await line()).toMatchObject({ waiting: 1, approvalSeconds: HOUR_SECONDS });
    pass(1_800_000);
    await accept("later", [1]);
    await unfolded();
    expect(await line()).toMatchObject({ approvalSeconds: HOUR_SECONDS / 2 });

    if (accepted.kind !== "accepted") throw new Error(accepted.kind);
    const row = await ledger.read(runKey(accepted.run.runId));
    const run = runSchema.parse(row?.body);
    const approval = run.approval === null ? null : { ...run.approval, granted: "a plan" };
    await ledger.commit(summaryRows({ ...run, approval }, true));
    expect(await line()).toMatchObject({ approvalSeconds: HOUR_SECONDS });
    pass(HOUR_SECONDS * 1_000);
    expect(await line()).toMatchObject({ approvalSeconds: null });
  });

  it("calls the door closed until a POST has got through, and says what closed it", async () => {
    const { budget, line, nowMs } = startWaiting();
    const closedUntilMs = nowMs() + 60_000;
    await budget((was) => ({ ...was, door: { ...was.door, closedUntilMs } }));
    expect(await line()).toMatchObject({ door: "throttled" });
    const over = { closedUntilMs: nowMs() - 1, untried: true, closedBy: "unreachable" } as const;
    await budget((was) => ({ ...was, door: { ...was.door, ...over } }));
    expect(await line()).toMatchObject({ door: "unreachable" });
    await budget((was) => ({ ...was, door: { ...was.door, untried: false } }));
    expect(await line()).toMatchObject({ door: "open" });
  });

  it("names the call that is refused, the pause, and how many rows are set aside", async () => {
    const { ports, budget, line, nowMs } = startWaiting();
    const refusal = { call: "list", httpStatus: 403, detail: "no", atMs: nowMs() } as const;
    await budget((was) => lockedOutBy(was, refusal, someLimits()));
    await budget((was) => ({ ...was, setAside: [{ key: "run!a", why: "no", sinceMs: 1 }] }));
    await pause(ports, { by: "op", why: "a test" });
    expect(await line()).toEqual({ ...QUIET, lockedOut: "list", paused: true, setAside: 1 });
  });

  it("goes on without the budget, and counts it as set aside", async () => {
    const { ledger, budget, line } = startWaiting();
    await budget((was) => ({ ...was, pass: 1 }));
    const body = { ...budgetSchema.parse((await ledger.read(RATE_TOKEN_KEY))?.body), v: 2 };
    await ledger.commit([{ op: "replace", key: RATE_TOKEN_KEY, body, etag: "*" }]);
    const unknown = { door: null, lockedOut: null, paused: null };
    expect(await line()).toEqual({ ...QUIET, ...unknown, setAside: 1 });
  });

  it("goes on without a run that cannot be read", async () => {
    const { ledger, accept, line, unfolded } = startWaiting({ scope: TIER0 });
    const accepted = await accept("case", [1]);
    await unfolded();
    if (accepted.kind !== "accepted") throw new Error(accepted.kind);
    const { runId, requestedAtMs } = accepted.run;
    const key = runningKey(placeOfRun(requestedAtMs, runId));
    await ledger.commit([{ op: "replace", key, body: { v: 99 }, etag: "*" }]);
    expect(await line()).toEqual(QUIET);
  });

  it("sees an approval behind a thousand runs that are newer, and behind all other waits", async () => {
    const { ledger, accept, pass, line } = startWaiting({ scope: TIER0 });
    const accepted = await accept("case", [1]);
    if (accepted.kind !== "accepted") throw new Error(accepted.kind);
    pass(2_000_000);
    const { runId, requestedAtMs } = accepted.run;
    const run = runSchema.parse((await ledger.read(runKey(runId)))?.body);
    for (let from = 0; from < 1_000; from += 20) {
      const changes = Array.from({ length: 20 }, (_, at) => {
        const newer = { ...run, runId: `other-${from + at}`, requestedAtMs: requestedAtMs + 1 };
        const later = parked(from + at, { kind: "later", dueAtMs: START_MS + 2_000_000 });
        return [...summaryRows({ ...newer, approval: null }, false), ...insertion(later)];
      });
      await ledger.commit(changes.flat());
    }
    expect(await line()).toMatchObject({ approvalSeconds: 1_600, approvalsKnown: true });
  });

  it("says that it does not know, when more runs are running than it reads", async () => {
    const { ledger, accept, line } = startWaiting({ scope: TIER0 });
    const accepted = await accept("case", [1]);
    if (accepted.kind !== "accepted") throw new Error(accepted.kind);
    const run = runSchema.parse((await ledger.read(runKey(accepted.run.runId)))?.body);
    const body = summaryOf({ ...run, approval: null });
    const full = Array.from({ length: 1_000 }, () => ({ key: RUNNING.from, body, etag: "1" }));
    let pages = 0;
    const list: Ports["ledger"]["list"] = async (from, before, limit) => {
      if (before !== RUNNING.before) return await ledger.list(from, before, limit);
      pages += 1;
      return full;
    };
    const said = await line({ ...ledger, list });
    expect(said).toMatchObject({ approvalSeconds: null, approvalsKnown: false });
    expect(pages).toBe(10);
  });
});

describe("the wait of urgent work", () => {
  const HOUR_MS = HOUR_SECONDS * 1_000;

  it("begins when its machine was seen again, and not when it was accepted", async () => {
    const { ledger, ports, pass, line } = startWaiting();
    await ledger.commit(insertion(parked(3, { kind: "later", dueAtMs: START_MS + 2 * HOUR_MS })));
    pass(HOUR_MS);
    expect(await line()).toMatchObject({ waiting: 0, urgentSeconds: null });
    const value = [machineOf(3)];
    const machinesSeenSince = async () => ({ kind: "answered", value }) as const;
    const defender = { ...ports.defender, machinesSeenSince };
    await releaseSeen({ ...ports, defender }, someLimits(), await readOutstanding(ledger));
    expect(await line()).toMatchObject({ waiting: 1, urgentSeconds: 0 });
    pass(42_000);
    expect(await line()).toMatchObject({ waiting: 1, urgentSeconds: 42 });
  });

  it("goes on while its POSTs do not get through", async () => {
    const { ledger, pass, line, nowMs } = startWaiting();
    const record = parked(3, { kind: "ready" }, START_MS + 1_000);
    await ledger.commit(insertion(record));
    pass(601_000);
    const moveIt = async (after: (record: SequenceRecord) => SequenceRecord) => {
      const before = await loadSequence(ledger, record.sequenceId);
      if (before === null) throw new Error("it is gone");
      const lease = await ledger.read(machineKey(record.machineId));
      await ledger.commit(move(before, after(before.value), lease?.etag ?? null));
    };
    await moveIt((claimed) => claim(claimed, nowMs(), "a nonce"));
    expect(await line()).toMatchObject({ waiting: 0, urgentSeconds: null });
    await moveIt((back) => giveBack(back, { kind: "ready" }, null));
    expect(await line()).toMatchObject({ waiting: 1, urgentSeconds: 600 });
  });

  it("is that of the one that waits longest, though another goes first", async () => {
    const { ledger, pass, line } = startWaiting();
    pass(700_000);
    const first = { ...parked(3, { kind: "ready" }, START_MS + 700_000), pass: 1 };
    await ledger.commit(insertion(first));
    await ledger.commit(insertion({ ...parked(4, { kind: "ready" }), pass: 2 }));
    expect(await line()).toMatchObject({ waiting: 2, urgentSeconds: 700 });
  });

  it("is counted from acceptance, if an older version of the app has made it ready", async () => {
    const { ledger, pass, line } = startWaiting();
    const changes = insertion(parked(3, { kind: "ready" }));
    const own = changes.filter(({ key }) => !key.startsWith("ready!"));
    const index = changes.find(({ key }) => key.startsWith("ready!"));
    const body = { v: 1, machineId: machineOf(3) };
    await ledger.commit([...own, { op: "insert", key: index?.key ?? "", body }]);
    pass(60_000);
    expect(await line()).toMatchObject({ waiting: 1, urgentSeconds: 60 });
  });
});

/** An urgent sequence, accepted at the start. */
function parked(
  number: number,
  place: SequenceRecord["place"],
  readyAtMs: number | null = null,
): SequenceRecord {
  const reason =
    place?.kind === "later" ? ({ code: "offline", sinceMs: START_MS, times: 1 } as const) : null;
  const sequenceId = `${RUN_ID}.${String(number).padStart(12, "m")}`;
  return aSequence({ sequenceId, machineId: machineOf(number), lane: 0, place, reason, readyAtMs });
}

function machineOf(number: number): string {
  return number.toString(16).padStart(40, "0");
}

function urgent(incidentId: string, number: number) {
  const machines = [{ machineId: machineOf(number), name: null, platform: "windows" as const }];
  return incident({ incidentId, machines, severity: "critical" });
}

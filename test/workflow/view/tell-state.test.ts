import { describe, expect, it } from "vitest";
import type { Ports } from "../../../shared/ports.ts";
import { RATE_TOKEN_KEY, runKey } from "../../../shared/ledger/row/keys.ts";
import { budgetSchema, type Budget } from "../../../shared/limits/pace/budget.ts";
import { lockedOutBy } from "../../../shared/limits/pace/lockout.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { changeBudgetAlone } from "../../../shared/store/change-budget.ts";
import { pause } from "../../../shared/workflow/operate/pause.ts";
import { tellState } from "../../../shared/workflow/view/tell-state.ts";
import { incident } from "../../plan/planning.ts";
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
    line: async () => {
      await tellState({ ...ports, log });
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
    const key = runKey(accepted.run.runId);
    const row = await ledger.read(key);
    const run = runSchema.parse(row?.body);
    const approval = run.approval === null ? null : { ...run.approval, granted: "a plan" };
    await ledger.commit([{ op: "replace", key, body: { ...run, approval }, etag: "*" }]);
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
    const key = runKey(accepted.run.runId);
    await ledger.commit([{ op: "replace", key, body: { v: 99 }, etag: "*" }]);
    expect(await line()).toEqual(QUIET);
  });
});

function urgent(incidentId: string, number: number) {
  const machineId = number.toString(16).padStart(40, "0");
  const machines = [{ machineId, name: null, platform: "windows" as const }];
  return incident({ incidentId, machines, severity: "critical" });
}

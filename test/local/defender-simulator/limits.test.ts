import { describe, expect, it } from "vitest";
import { codeOf, machineId, RUN, startBench } from "./caller.ts";

describe("the calls a minute", () => {
  it("lets ten in within 60 s and refuses the eleventh with Retry-After", async () => {
    const { submit, clock, simulator } = await startBench();
    for (let machine = 0; machine < 10; machine += 1) {
      expect((await submit(machine)).status).toBe(201);
      clock.advanceSeconds(1);
    }
    const refused = await submit(10);
    expect(refused.status).toBe(429);
    expect(codeOf(refused)).toBe("TooManyRequests");
    expect(refused.headers.get("retry-after")).toBe("51");
    expect(simulator.violations()).toEqual(["11 POSTs within 60 seconds"]);
    expect(simulator.arrivals().at(-1)).toMatchObject({ status: 429, code: "TooManyRequests" });
    clock.advanceSeconds(50);
    // The first call is 60 s old now, but the refused one takes its place: nine and one are within.
    expect((await submit(10)).status).toBe(429);
    clock.advanceSeconds(60);
    expect((await submit(10)).status).toBe(201);
  });

  it("forgets refused calls when the switch says that they do not count", async () => {
    const { submit, clock } = await startBench({ switches: { refusedCallsCount: false } });
    for (let machine = 0; machine < 10; machine += 1) await submit(machine);
    clock.advanceSeconds(59.999);
    expect((await submit(10)).status).toBe(429);
    clock.advanceSeconds(0.001);
    expect((await submit(10)).status).toBe(201);
  });

  it("says nothing of when to come back when the switch says so", async () => {
    const { submit } = await startBench({
      limits: { callsPerMinute: 1 },
      switches: { retryAfterOnRate: false },
    });
    await submit(0);
    expect((await submit(1)).headers.get("retry-after")).toBeNull();
  });

  it("counts a tenant, an application or a token, as the switch says", async () => {
    const token = {
      required: true,
      accepted: [
        { token: "a", requestor: "lrq" },
        { token: "b", requestor: "lrq" },
        { token: "c", requestor: "other" },
      ],
    };
    const outcomes = async (limitScope: "tenant" | "application" | "token") => {
      const { call } = await startBench({
        token,
        limits: { callsPerMinute: 1 },
        switches: { limitScope },
      });
      const statuses: number[] = [];
      for (const [machine, bearer] of ["a", "b", "c"].entries()) {
        const path = `/api/machines/${machineId(machine)}/runliveresponse`;
        const headers = { Authorization: `Bearer ${bearer}` };
        statuses.push((await call("POST", path, { Commands: [RUN] }, headers)).status);
      }
      return statuses;
    };
    expect(await outcomes("tenant")).toEqual([201, 429, 429]);
    expect(await outcomes("application")).toEqual([201, 429, 201]);
    expect(await outcomes("token")).toEqual([201, 201, 201]);
  });
});

describe("the sessions", () => {
  it("refuses one session too many without saying when to come back, and complains", async () => {
    const { submit, simulator } = await startBench({ limits: { maxSessions: 2 } });
    await submit(0);
    await submit(1);
    const refused = await submit(2);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(simulator.violations()).toEqual(["A POST came while 2 own sessions were open"]);
    expect(simulator.stats()).toMatchObject({ openSessions: 2, sessionsMost: 2, accepted: 2 });
  });

  it("says when to come back when the switch says so", async () => {
    const { submit } = await startBench({
      limits: { maxSessions: 0 },
      switches: { retryAfterOnSessionCap: true },
    });
    expect((await submit(0)).headers.get("retry-after")).toBe("60");
  });

  it("counts Pending actions or not, as the switch says", async () => {
    expect(await secondWhilePending(true)).toBe(429);
    expect(await secondWhilePending(false)).toBe(201);
  });

  it("counts the sessions of others without blaming the caller", async () => {
    const { submit, simulator } = await startBench({ limits: { maxSessions: 1 } });
    const id = simulator.startForeignSession(machineId(5), "another-product");
    expect((await submit(0)).status).toBe(429);
    expect(simulator.violations()).toEqual([]);
    expect(simulator.actions()).toMatchObject([{ id, requestor: "another-product" }]);
    expect(simulator.arrivals()).toHaveLength(1);
  });

  it("counts portal sessions only when the switch says so", async () => {
    expect(await besidePortalSession(false)).toBe(201);
    expect(await besidePortalSession(true)).toBe(429);
  });
});

async function secondWhilePending(pendingCountsAsSession: boolean) {
  const { submit, simulator } = await startBench({
    limits: { maxSessions: 1 },
    switches: { pendingCountsAsSession },
  });
  simulator.setOffline(machineId(0), true);
  await submit(0);
  return (await submit(1)).status;
}

async function besidePortalSession(portalSessionsCount: boolean) {
  const { submit, simulator } = await startBench({
    limits: { maxSessions: 1 },
    switches: { portalSessionsCount },
  });
  simulator.holdPortalSession(machineId(5), true);
  return (await submit(0)).status;
}

import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../../local/defender-simulator/fault-plan.ts";
import { codeOf, GET, idOf, machineId, RUN, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

async function statuses({ call }: Bench, calls: number): Promise<number[]> {
  const seen: number[] = [];
  for (let time = 0; time < calls; time += 1) {
    seen.push((await call("GET", "/api/machineactions")).status);
  }
  return seen;
}

function planned(...faults: Fault[]) {
  return startBench({ faults });
}

describe("when a planned fault strikes", () => {
  it("strikes the nth call of its kind, and no other", async () => {
    const bench = await planned({ on: "list", fault: "500", nth: 2 });
    await bench.call("GET", "/api/machines");
    expect(await statuses(bench, 3)).toEqual([200, 500, 200]);
  });

  it("strikes with its probability, the same for the same seed", async () => {
    const fault: Fault = { on: "list", fault: "503", probability: 0.5 };
    const first = await statuses(await planned(fault), 20);
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await statuses(await planned(fault), 20)).toEqual(first);
    const other = await startBench({ faults: [fault], seed: 8 });
    expect(await statuses(other, 20)).not.toEqual(first);
  });

  it("strikes every call, or so many times as it says", async () => {
    expect(await statuses(await planned({ on: "list", fault: "404" }), 2)).toEqual([404, 404]);
    const twice = await planned({ on: "list", fault: "404", times: 2 });
    expect(await statuses(twice, 3)).toEqual([404, 404, 200]);
  });

  it("is the first of those that fit the call", async () => {
    const bench = await planned(
      { on: "list", fault: "500", nth: 1 },
      { on: "list", fault: "503", times: 2 },
    );
    expect(await statuses(bench, 3)).toEqual([500, 503, 200]);
  });

  it("can be added while the simulator runs, and counts from then on", async () => {
    const bench = await planned();
    await statuses(bench, 3);
    bench.simulator.addFault({ on: "list", fault: "500", nth: 1 });
    expect(await statuses(bench, 2)).toEqual([500, 200]);
  });
});

describe("a fault of a POST", () => {
  it("before it was carried out leaves nothing, not even at the door", async () => {
    const { submit, simulator } = await planned({ on: "submit", fault: "drop-before", nth: 1 });
    await expect(submit(0)).rejects.toThrow(/fetch failed|terminated/);
    expect([simulator.actions(), simulator.arrivals()]).toEqual([[], []]);
    expect((await submit(0)).status).toBe(201);
  });

  it.each(["drop-after", "truncated"] as const)(
    "after it was carried out leaves the action: %s",
    async (fault) => {
      const { submit, simulator } = await planned({ on: "submit", fault, nth: 1 });
      await expect(submit(0, undefined, "tag")).rejects.toThrow(/fetch failed|terminated/);
      expect(simulator.actions()).toMatchObject([{ comment: "tag", status: "Pending" }]);
      expect(simulator.arrivals()).toMatchObject([{ comment: "tag", status: 201 }]);
    },
  );

  it.each([
    ["500", 500, "InternalServerError", 0],
    ["500-after", 500, "InternalServerError", 1],
    ["503", 503, "ServiceUnavailable", 0],
    ["401", 401, "Unauthorized", 0],
    ["403", 403, "Forbidden", 0],
    ["404", 404, "ResourceNotFound", 0],
    ["429", 429, "TooManyRequests", 0],
    ["busy", 400, "ActiveRequestAlreadyExists", 0],
  ] as const)("answers %s, counted at the door", async (fault, status, code, made) => {
    const { submit, simulator } = await planned({ on: "submit", fault });
    const reply = await submit(0);
    expect([reply.status, codeOf(reply)]).toEqual([status, code]);
    expect(simulator.actions()).toHaveLength(made);
    expect(simulator.arrivals()).toHaveLength(1);
  });

  it("sends the Retry-After that it was given, whatever its form", async () => {
    const retryAfter = "Sat, 21 Nov 2026 08:01:00 GMT";
    const { submit } = await planned({ on: "submit", fault: "429", retryAfter });
    expect((await submit(0)).headers.get("retry-after")).toBe(retryAfter);
    const busy = await planned({ on: "submit", fault: "busy", retryAfter });
    expect((await busy.submit(0)).headers.get("retry-after")).toBeNull();
  });

  it("answers with somebody else's action and makes none of ours", async () => {
    const { submit, simulator } = await planned({ on: "submit", fault: "existing-action" });
    const reply = await submit(0, undefined, "ours");
    expect(reply.status).toBe(201);
    expect(reply.at("requestorComment")).not.toBe("ours");
    expect(simulator.actions()).toMatchObject([
      { id: idOf(reply), requestor: "another-product", machineId: machineId(0) },
    ]);
  });
});

describe("a fault of an answer", () => {
  it("is a page in the place of JSON", async () => {
    const { call } = await planned({ on: "list", fault: "html" });
    const reply = await call("GET", "/api/machineactions");
    expect(reply.status).toBe(200);
    expect(reply.text).toMatch(/^<!DOCTYPE html>/);
  });

  it("is a gateway's page, before or after the call is carried out", async () => {
    const { submit, simulator } = await planned(
      { on: "submit", fault: "403-page", nth: 1 },
      { on: "submit", fault: "403-page-after", nth: 2 },
    );
    for (const made of [0, 1]) {
      const reply = await submit(0);
      expect([reply.status, reply.text]).toEqual([403, expect.stringMatching(/^<!DOCTYPE html>/)]);
      expect(simulator.actions()).toHaveLength(made);
      expect(simulator.arrivals()).toHaveLength(made + 1);
    }
  });

  it("is far more than anybody wants to read, and valid for all that", async () => {
    const { call } = await planned({ on: "list", fault: "huge" });
    const reply = await call("GET", "/api/machineactions");
    expect(reply.text.length).toBeGreaterThan(64 * 2 ** 20);
    expect(reply.at("value")).toEqual([]);
  });

  it.each(["slow", "slow-after"] as const)("comes late: %s", async (fault) => {
    const { submit, clock, simulator } = await planned({ on: "submit", fault, seconds: 30 });
    let answered = false;
    const reply = submit(0).then((value) => {
      answered = true;
      return value;
    });
    const wanted = fault === "slow" ? 0 : 1;
    await expect.poll(() => simulator.actions().length >= wanted).toBe(true);
    await wait(20);
    expect([answered, simulator.actions().length]).toEqual([false, wanted]);
    // Until it is answered, for on a busy machine the call may not even have arrived by now.
    const advanced = () => {
      clock.advanceSeconds(30);
      return answered;
    };
    await expect.poll(advanced).toBe(true);
    expect((await reply).status).toBe(201);
  });

  it("breaks a download in the middle, or refuses it as storage does", async () => {
    const bench = await planned(
      { on: "download", fault: "truncated", nth: 1 },
      { on: "download", fault: "403", nth: 2 },
    );
    const id = idOf(await bench.submit(0));
    bench.clock.advanceSeconds(400);
    const path = `/api/machineactions/${id}/GetLiveResponseResultDownloadLink(index=0)`;
    const link = String((await bench.call("GET", path)).at("value"));
    await expect(bench.call("GET", link)).rejects.toThrow(/fetch failed|terminated/);
    expect((await bench.call("GET", link)).text).toContain("<Error>");
    expect((await bench.call("GET", link)).status).toBe(200);
  });

  it("of a download is an empty object in the place of a file, or has no Retry-After", async () => {
    const bench = await planned(
      { on: "download", fault: "huge", nth: 1 },
      { on: "download", fault: "503", nth: 2, retryAfter: "9" },
    );
    const id = idOf(await bench.submit(0, [RUN, GET]));
    bench.clock.advanceSeconds(400);
    const path = `/api/machineactions/${id}/GetLiveResponseResultDownloadLink(index=1)`;
    const link = String((await bench.call("GET", path)).at("value"));
    expect((await bench.call("GET", link)).text.trim()).toBe("{}");
    const refused = await bench.call("GET", link);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, null]);
  });

  it("lets a cancel lose though it was answered well", async () => {
    const bench = await planned({ on: "cancel", fault: "cancel-loses" });
    const id = idOf(await bench.submit(0));
    const reply = await bench.call("POST", `/api/machineactions/${id}/cancel`, {});
    expect([reply.status, reply.at("status")]).toEqual([200, "Pending"]);
    bench.clock.advanceSeconds(400);
    expect(bench.simulator.actions()[0]?.status).toBe("Succeeded");
  });

  it("befalls the token endpoint too", async () => {
    const { call } = await planned({ on: "token", fault: "500" });
    expect((await call("POST", "/t/oauth2/v2.0/token", "grant_type=x")).status).toBe(500);
  });
});

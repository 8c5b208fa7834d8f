import { describe, expect, it } from "vitest";
import { codeOf, idOf, machineId, PUT, RUN, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

/** Longer than any session of these tests takes on a machine that is there. */
const A_WHILE_SECONDS = 400;

describe("a cancel", () => {
  it("ends a Pending action at once and frees its machine", async () => {
    const bench = await startBench();
    const reply = await cancel(bench, idOf(await bench.submit(0)));
    expect(reply.status).toBe(200);
    expect(reply.at("status")).toBe("Cancelled");
    expect(reply.at("cancellationComment")).toBe("enough");
    expect(reply.at("cancellationDateTimeUtc")).toMatch(/^2026-11-21T08:00:00/);
    expect((await bench.submit(0)).status).toBe(201);
  });

  it("stops a running action soon, with what was done before kept", async () => {
    const bench = await startBench({ timings: { firstCommandSeconds: [120, 120] } });
    const id = idOf(await bench.submit(0, [PUT, RUN]));
    bench.clock.advanceSeconds(130);
    expect((await cancel(bench, id)).at("status")).toBe("InProgress");
    bench.clock.advanceSeconds(10);
    const [action] = bench.simulator.actions();
    expect(action?.status).toBe("Cancelled");
    expect(action?.commands.map(({ status }) => status)).toEqual(["Completed", "Created"]);
  });

  it("loses the race to an action that ends before it takes effect", async () => {
    const bench = await startBench({ timings: { cancelSeconds: [300, 300] } });
    const id = idOf(await bench.submit(0));
    bench.clock.advanceSeconds(130);
    await cancel(bench, id);
    bench.clock.advanceSeconds(A_WHILE_SECONDS);
    expect(bench.simulator.actions()[0]?.status).toBe("Succeeded");
  });

  it("changes nothing for a running action when the switch says so", async () => {
    const bench = await startBench({ switches: { cancelWhileRunning: "runsOn" } });
    const id = idOf(await bench.submit(0));
    bench.clock.advanceSeconds(60);
    expect((await cancel(bench, id)).status).toBe(200);
    bench.clock.advanceSeconds(A_WHILE_SECONDS);
    expect(bench.simulator.actions()[0]?.status).toBe("Succeeded");
  });

  it("is refused for what has ended, by the code of the switch, or is unknown", async () => {
    for (const cancelRefusalCode of ["BadRequest", "InvalidInput"]) {
      const bench = await startBench({ switches: { cancelRefusalCode } });
      const id = idOf(await bench.submit(0));
      bench.clock.advanceSeconds(A_WHILE_SECONDS);
      const refused = await cancel(bench, id);
      expect([refused.status, codeOf(refused)]).toEqual([400, cancelRefusalCode]);
    }
    const bench = await startBench();
    expect((await cancel(bench, "00000000-0000-4000-a000-000000000000")).status).toBe(404);
  });

  it("of somebody else's action is complained of", async () => {
    const bench = await startBench();
    await cancel(bench, bench.simulator.startForeignSession(machineId(0), "other"));
    expect(bench.simulator.violations()).toEqual([
      "simulated-application cancelled an action of other",
    ]);
  });
});

function cancel({ call }: Bench, id: string) {
  return call("POST", `/api/machineactions/${id}/cancel`, { Comment: "enough" });
}

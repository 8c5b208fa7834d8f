import { describe, expect, it } from "vitest";
import { auditRecordSchema } from "../../../shared/evidence/audit.ts";
import { deleteSweep } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const EVERY_TEN = { cron: "*/10 * * * *", zone: "Etc/UTC" };

/** What the log of the sweep says of rounds that close, and of the sweep's end. */
async function closings({ ports }: Sweeping) {
  const rows = await ports.ledger.list("audit!sweep.triage!", "audit!sweep.triage~", 1_000);
  return rows.flatMap(({ body }) => {
    const { event, by, detail } = auditRecordSchema.parse(body);
    return /^(roundClosed|sweepDeleted)$/.test(event) ? [`${event} ${by}: ${detail}`] : [];
  });
}

describe("the log of a sweep", () => {
  it("says of each round that it was replaced", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply({ ...DEFINITION, schedule: EVERY_TEN, overlap: "replace" });
    await sweeping.ticks(1);
    while ((await sweeping.sweep()).rounds < 1) await sweeping.ticks(1);
    sweeping.pass(10 * MINUTE_MS);
    await sweeping.ticks(1);
    expect(await closings(sweeping)).toEqual(["roundClosed null: round 1: replaced"]);
  });

  it("says of each round that it was stopped when the sweep was deleted", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply({ ...DEFINITION, overlap: "allow" });
    await sweeping.start();
    await sweeping.start();
    await deleteSweep(sweeping.ports, sweeping.settings.limits, { name: "triage", by: "hunter" });
    expect(await closings(sweeping)).toEqual([
      "roundClosed hunter: round 1: stopped",
      "roundClosed hunter: round 2: stopped",
      "sweepDeleted hunter: ",
    ]);
  });
});

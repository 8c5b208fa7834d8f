import { describe, expect, it } from "vitest";
import { auditOf } from "../../../../shared/ledger/row/keys.ts";
import { chainOf } from "../../../../shared/sweep/sweep.ts";
import { askingRounds } from "../../../../shared/workflow/view/rows/ask-round.ts";
import type { RoundOfRows } from "../../../../shared/workflow/view/rows/read-round.ts";
import { startSweeping } from "../../sweep/sweeping.ts";
import { aRound, storeOf, textOf } from "./a-round.ts";

/** A sweep with one round, whose machines answered. */
async function startAsking() {
  const sweeping = startSweeping(1);
  await sweeping.apply();
  const number = await sweeping.start();
  const { ledger } = sweeping.ports;
  const rows = await storeOf({ machineId: "m1", rows: [["a"]] });
  const round: RoundOfRows = { ...aRound({ h: ["path"] }), name: "triage", number };
  const asking = { round, by: "hunter" };
  return {
    ask: askingRounds({ ...sweeping.ports, rows }),
    asking,
    number,
    reads: async () => {
      const { from, before } = auditOf(chainOf("triage"));
      const records = await ledger.list(from, before, 1_000);
      return records.flatMap(({ body }) => {
        const { event, by, detail } = { event: "", by: "", detail: "", ...Object(body) };
        return event === "evidenceRead" ? [`${by}: ${detail}`] : [];
      });
    },
  };
}

describe("a question about the rows of a round", () => {
  it("is in the log of the sweep before anything is shown, each time", async () => {
    const { ask, asking, reads } = await startAsking();
    const rows = await ask.readRows(asking, "ndjson");
    expect(await reads()).toEqual(["hunter: rows of round 1"]);
    expect(await textOf(rows)).toBe("");
    await ask.readTroubles(asking);
    await ask.stackRows(asking, { by: ["path"], limit: 5 });
    await ask.readChanges(asking, 1);
    expect(await reads()).toEqual([
      "hunter: rows of round 1",
      "hunter: troubles of round 1",
      "hunter: stack of round 1",
      "hunter: changes since round 1, of round 1",
    ]);
  });

  it("shows nothing if it cannot be recorded", async () => {
    const { ask, asking } = await startAsking();
    const elsewhere = { ...asking, round: { ...asking.round, name: "gone" } };
    await expect(ask.readRows(elsewhere, "csv")).rejects.toThrow("sweep gone is gone");
    await expect(ask.stackRows(elsewhere, { by: ["path"], limit: 5 })).rejects.toThrow("is gone");
  });

  it("compares with no round that is not there", async () => {
    const { ask, asking, reads } = await startAsking();
    expect(await ask.readChanges(asking, 7)).toBeNull();
    expect(await reads()).toEqual([]);
  });
});

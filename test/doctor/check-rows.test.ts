import { describe, expect, it } from "vitest";
import { rowsFinding, sweepsWithRows } from "../../shared/doctor/check-rows.ts";
import { roundKey } from "../../shared/ledger/row/sweep-keys.ts";
import { sweptWith } from "./swept.ts";

describe("the container with the rows of sweeps", () => {
  it("is in order if it is there, or if no round has read rows yet", () => {
    expect(rowsFinding(true, ["autostarts"])).toMatchObject({ state: "ok", fix: null });
    expect(rowsFinding(false, [])).toMatchObject({ state: "ok", fix: null });
  });

  it("is an error if it is missing and rounds have read rows, with how to get it back", () => {
    const finding = rowsFinding(false, ["a", "b", "c", "d"]);
    expect(finding).toMatchObject({ check: "rows, container", state: "error" });
    expect(finding.what).toContain("a, b, c, ...");
    expect(finding.fix).toMatch(/deleted containers, within 14 days/);
  });

  it("is wanted by sweeps whose last round has reached machines for rows", async () => {
    expect(await sweptsIn("sweep-autostarts", "succeeded")).toEqual(["triage"]);
    expect(await sweptsIn("sweep-autostarts", "failed")).toEqual([]);
    expect(await sweptsIn("windows-triage", "succeeded")).toEqual([]);
  });

  it("is not judged by a round that nobody can read", async () => {
    const { ledger } = await sweptWith("sweep-autostarts", "succeeded");
    await ledger.commit([{ op: "upsert", key: roundKey("triage", 1), body: { v: 99 } }]);
    expect(await sweepsWithRows(ledger)).toEqual([]);
  });
});

async function sweptsIn(profile: string, how: "succeeded" | "failed"): Promise<readonly string[]> {
  const { ledger } = await sweptWith(profile, how);
  return await sweepsWithRows(ledger);
}

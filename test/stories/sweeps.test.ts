import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { SWEEP_ROUTES } from "../../shared/api/sweep-routes.ts";
import { FAR_DAY } from "./far-day.ts";
import { machine } from "./machines.ts";
import { areInItsRun, untilRound } from "./rounds.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { terminalAt, type Terminal } from "./terminal.ts";

const MACHINES = 4;
const SWEEP = {
  name: "hosts",
  title: "Hosts files of Linux",
  profiles: ["sweep-local-administrators-unix"],
  targets: { include: [{ platforms: ["linux"] }] },
  schedule: { cron: `0 3 * * ${FAR_DAY}`, zone: "Europe/Berlin" },
  share: 1,
  firstWave: 0,
};
const CALLERS = [
  { name: "hunter", may: RIGHTS, key: hashed("hunter") },
  { name: "reader", team: "hunter", may: ["sweep.read"], key: hashed("reader") },
  { name: "nobody", team: "hunter", may: ["run.read"], key: hashed("nobody") },
  { name: "stranger", may: RIGHTS, key: hashed("stranger") },
];

const folder = mkdtempSync(join(tmpdir(), "lrq-sweeps-"));
const file = join(folder, "hosts.json");
let stage: Stage;
let terminal: Terminal;
beforeAll(async () => {
  writeFileSync(file, JSON.stringify(SWEEP));
  const linux = Array.from({ length: MACHINES }, (_, index) =>
    machine(index + 1, { osPlatform: "Linux", computerDnsName: `srv-${index + 1}` }),
  );
  const env = { CALLERS: JSON.stringify(CALLERS) };
  stage = await openStage({ machines: [...linux, machine(9, { osPlatform: "Windows10" })], env });
  terminal = terminalAt(() => stage.url, "hunter");
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function put(key: string, definition: typeof SWEEP): Promise<number> {
  return (await stage.call("PUT", `sweeps/${definition.name}`, definition, { key })).status;
}

describe("a sweep at the terminal", () => {
  it("goes from a file to machines that were reached", async () => {
    expect((await terminal.type(`sweeps apply ${file}`)).said).toContain(
      "Applied, and paused: hosts.",
    );
    expect((await terminal.type("sweeps list")).said).toMatch(/hosts +paused +none yet/);
    const preview = (await terminal.type("sweeps preview hosts")).said;
    expect(preview).toMatch(/machines +4: 4 linux/);
    expect(preview).toMatch(/costs +4 calls/);
    expect(await terminal.type("sweeps start hosts")).toMatchObject({ code: 2 });
    expect((await terminal.type("sweeps start hosts --yes")).said).toContain(
      "Round 1 of hosts begins.",
    );
    const ended = await terminal.until("sweeps show hosts", /: ended/);
    expect(ended).toMatch(/reached +\[#{20}\] 4 of 4/);
    const coverage = (await terminal.type("sweeps coverage hosts")).said;
    for (let number = 1; number <= MACHINES; number += 1)
      expect(coverage).toContain(`srv-${number}`);
    expect((await terminal.type("sweeps coverage hosts --not-since 1h")).noted).toContain(
      "no such machine",
    );
    expect((await terminal.type("sweeps resume hosts")).said).toContain("hosts goes on.");
    expect((await terminal.type("sweeps list")).said).toMatch(/hosts +in .* 4 of 4/);

    // A queue that is paused keeps the second round from going on.
    await stage.call("POST", "pause", { reason: "a story" }, { key: "hunter" });
    expect((await terminal.type("sweeps start hosts --yes")).code).toBe(0);
    await untilRound(stage, { sweep: "hosts", round: 2, key: "hunter" }, areInItsRun(MACHINES));
    expect((await terminal.type("sweeps show hosts")).said).toMatch(/4 under way/);
    expect((await terminal.type("sweeps start hosts --yes")).noted).toContain("Round 2 is open");
    expect((await terminal.type("sweeps pause hosts --round last")).said).toContain(
      "Round 2 of hosts is paused",
    );
    expect((await terminal.type("sweeps stop hosts --yes")).said).toContain("Round 2 is stopped.");
    const stopped = await terminal.until("sweeps show hosts", /: ended/);
    expect(stopped).toContain("4 cancelled");
    await stage.call("POST", "resume", undefined, { key: "hunter" });
    expect((await terminal.type("sweeps rerun hosts")).said).toContain(
      "Round 2 asks 4 machines again.",
    );
    const again = await terminal.until("sweeps show hosts", /: ended/);
    expect(again).toMatch(/4 of 4/);
    const log = (await terminal.type("audit --sweep hosts")).said;
    expect(log).toMatch(/sweepApplied[^]+roundStarted[^]+roundClosed[^]+roundRerun[^]+roundEnded/);
    expect(log).toMatch(/roundClosed +by hunter: round 2: stopped/);
  });

  it("is hidden from other teams, and read and steered by right", async () => {
    const named = { ...SWEEP, name: "hidden" };
    expect(await put("hunter", named)).toBe(201);
    await stage.call("POST", "sweeps/hidden/start", undefined, { key: "hunter" });
    const wrong: string[] = [];
    for (const { method, path, right } of SWEEP_ROUTES.filter((each) => each.path.includes("{"))) {
      if (method === "PUT" || method === "DELETE") continue;
      const at = path.replace("{name}", "hidden").replace("{number}", "1");
      const query = at.endsWith("/stack") ? "?by=name" : "";
      const reads = right === "sweep.read";
      for (const [key, expected] of [
        ["stranger", 404],
        ["nobody", 403],
        ...(reads ? [] : [["reader", 403] as const]),
      ] as const) {
        const { status } = await stage.call(method, `${at}${query}`, undefined, { key });
        if (status !== expected) wrong.push(`${key} ${method} ${at}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await put("stranger", named)).toBe(403);
    await stage.call("DELETE", "sweeps/hidden", undefined, { key: "hunter" });
    expect(await put("stranger", named)).toBe(403);
    // Who deletes a sweep does not delete the log of what was done with it.
    expect((await terminal.type("audit --sweep hidden")).said).toContain("sweepDeleted");
    const status = async (path: string, key: string) =>
      (await stage.call("GET", path, undefined, { key })).status;
    expect(await status("sweeps/hidden", "hunter")).toBe(404);
    expect(await status("sweeps/hidden/audit", "stranger")).toBe(404);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { libraryViewSchema, statusSchema } from "./answers.ts";
import { LIBRARY, machine, machineId } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * Somebody changes a script in the tenant's library. lrq checks it before each run, by lists that
 * are at most three seconds old here.
 */

const SCRIPT = "collect-unix-triage.sh";
const ENV = { LIBRARY_CHECK: "list", LIBRARY_MINUTES: "0.05" };

const incident = (id: string, ...numbers: readonly number[]) => ({
  incident: { id, title: "Story", severity: "high" },
  machines: numbers.map((number) => ({ machineId: machineId(number) })),
});

const ofLibrary = LIBRARY.find(({ fileName }) => fileName === SCRIPT);
const AS_PINNED = ofLibrary?.content ?? new Uint8Array();

async function upload({ simulator }: Stage, content: Uint8Array): Promise<void> {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(content)], SCRIPT));
  form.set("OverrideIfExists", "true");
  const headers = { authorization: `Bearer local` };
  const url = `${simulator.url}/api/libraryfiles`;
  const answer = await fetch(url, { method: "POST", body: form, headers });
  if (!answer.ok) throw new Error(await answer.text());
}

describe("a script of the library", () => {
  let stage: Stage;
  beforeAll(async () => {
    const machines = [1, 2, 3].map((number) => machine(number, { osPlatform: "Linux" }));
    stage = await openStage({ machines, env: ENV });
  });
  afterAll(async () => await stage.close());

  const library = async (method: "GET" | "POST" = "GET") => {
    const path = method === "GET" ? "library" : "library/check";
    return libraryViewSchema.parse((await stage.call(method, path)).body);
  };

  it("runs as pinned, and the custody chain says which bytes ran", async () => {
    const { runId } = await stage.accept("generic", incident("pinned", 1));
    await stage.untilFinished(runId);
    const pinned = (await library()).files.find(({ name }) => name === SCRIPT)?.pinned ?? "";
    const { entries } = await stage.manifest(runId);
    expect(entries).toHaveLength(2);
    for (const entry of entries) {
      expect(entry["library"]).toMatchObject({
        pinned: true,
        files: [{ name: SCRIPT, sha256: pinned }],
        changedAt: null,
      });
    }
    expect(entries[0]?.["command"]).toMatchObject({ scriptSha256: pinned });
  });

  it("that somebody has replaced is never run, says why, and runs when it is mended", async () => {
    await upload(stage, new TextEncoder().encode("rm -rf /\n"));
    const checked = await library("POST");
    expect(checked.files.find(({ name }) => name === SCRIPT)?.listed).not.toBe(null);
    const { runId } = await stage.accept("generic", incident("replaced", 2));
    const run = await stage.until(runId, ({ sequences }) => {
      return sequences.every(({ waits }) => waits?.code === "libraryDrift");
    });
    expect(run.sequences[0]?.waits?.detail).toContain(SCRIPT);
    const status = statusSchema.parse((await stage.call("GET", "status")).body);
    expect(status.library?.drifted).toMatchObject([{ name: SCRIPT }]);
    await upload(stage, AS_PINNED);
    const { sequences } = await stage.untilFinished(runId);
    expect(sequences).toMatchObject([{ state: "succeeded" }]);
    const ran = stage.simulator.arrivals().filter((each) => each.machineId === machineId(2));
    expect(ran).toHaveLength(1);
  });
});

describe("while Defender does not list the library to lrq", () => {
  it("scripts wait and say what is missing", async () => {
    const machines = [machine(1, { osPlatform: "Linux" })];
    const faults = [{ on: "library", fault: "403" }] as const;
    const stage = await openStage({ machines, env: ENV, faults });
    try {
      const { runId } = await stage.accept("generic", incident("forbidden", 1));
      const run = await stage.until(runId, ({ sequences }) => {
        return sequences.every(({ waits }) => waits?.code === "libraryUnknown");
      });
      expect(run.sequences[0]?.waits?.detail).toContain("403");
      expect(stage.simulator.arrivals()).toEqual([]);
    } finally {
      await stage.close();
    }
  });
});

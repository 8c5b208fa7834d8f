import { rmSync } from "node:fs";
import { TableClient } from "@azure/data-tables";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { bodyColumns, bodyOf } from "../../shared/azure/entity.ts";
import { RATE_TOKEN_KEY, runKey } from "../../shared/ledger/row/keys.ts";
import { askingAt, type Asking } from "./asking.ts";
import { statusSchema } from "./answers.ts";
import { unpackRelease } from "./kept-release.ts";
import { incident, LIBRARY, machineId, machines } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * The release before, as it was deployed, and the app as it is now, on one ledger and both under
 * load. What counts is what comes to Defender's door.
 */

const EACH = 8;
const NOW = process.cwd();
const PARTITION = "tenant|app";
const KEY = "the key of the stories";
/** As both know it: the release before refuses a setting with a field or word it does not know. */
const KNOWN_RIGHTS = RIGHTS.filter(
  (right) => !right.startsWith("sweep.") && right !== "script.unpinned",
);
const CALLERS = JSON.stringify([{ name: "local", key: hashed(KEY), may: KNOWN_RIGHTS }]);
/** The scripts of the release before have no pins here. */
const ENV = { CALLERS, LIBRARY_CHECK: "off" };

/** With what the profiles of the release before name. */
const library = [...LIBRARY, { fileName: "triage-tools.zip", content: Buffer.from("tools") }];

let before = "";
beforeAll(() => {
  before = unpackRelease();
});
afterAll(() => {
  rmSync(before, { recursive: true });
});

describe("the release before, and this one", () => {
  it.each([
    ["the older first, then both, then the newer", () => before, () => NOW],
    ["the newer first, then both, then the older brought back", () => NOW, () => before],
  ])("share one ledger: %s", async (_, first, then) => {
    const of = machines(4 * EACH);
    const stage = await openStage({ machines: of, library, root: first(), env: ENV });
    try {
      const { runId } = await stage.accept("generic", incident("alone", numbers(1)));
      // The budget is written with the first claim.
      await stage.until(runId, ({ counts }) => counts.waiting < EACH);
      await addField(stage, RATE_TOKEN_KEY);
      await addField(stage, runKey(runId));
      const host = await stage.addHost(then());
      const other = askingAt(() => host.url, stage.key, stage.log);
      const both = await Promise.all([
        stage.accept("generic", incident("of the first", numbers(2))),
        other.accept("generic", incident("of the second", numbers(3))),
      ]);
      for (const each of [runId, ...both.map((one) => one.runId)]) await ends(stage, each);
      await stage.host.stop();
      const last = await other.accept("generic", incident("of the last", numbers(4)));
      for (const each of [runId, last.runId]) await ends(other, each);
      // Whoever finished them: this version seals a run when it is asked for its seals.
      for (const each of [runId, ...both.map((one) => one.runId), last.runId]) {
        const body = { seals: [{ number: 1 }], unsealed: null };
        const answer = then() === NOW ? { status: 200, body } : { status: 404 };
        expect(await other.call("GET", `runs/${each}/seals`)).toMatchObject(answer);
      }
      const status = statusSchema.parse((await other.call("GET", "status")).body);
      expect(status.setAside.count).toBe(0);
      expect(await hasField(stage, RATE_TOKEN_KEY)).toBe(true);
      expect(await hasField(stage, runKey(runId))).toBe(true);
      expect(stage.log.filter((line) => line.includes('"unforeseen"'))).toEqual([]);
    } finally {
      await stage.close();
    }
    expectOnceEach(stage);
  });
});

/** The machines of the n-th incident. */
function numbers(nth: number): number[] {
  return Array.from({ length: EACH }, (_, index) => (nth - 1) * EACH + index + 1);
}

async function ends(asking: Asking, runId: string): Promise<void> {
  const { counts } = await asking.untilFinished(runId);
  expect(counts).toMatchObject({ total: EACH, succeeded: EACH });
  expect((await asking.manifest(runId)).entries).toHaveLength(2 * EACH);
}

function expectOnceEach({ simulator }: Stage): void {
  const arrivals = simulator.arrivals();
  const all = [1, 2, 3, 4].flatMap(numbers).map(machineId);
  expect(arrivals.map((each) => each.machineId).toSorted()).toEqual(all.toSorted());
  expect(new Set(arrivals.map(({ status }) => status))).toEqual(new Set([201]));
  expect(simulator.violations()).toEqual([]);
}

/** The row with a field as a later release would add one, while others write it all the time. */
async function addField(stage: Stage, key: string): Promise<void> {
  const table = tableOf(stage);
  for (;;) {
    const entity = await table.getEntity(PARTITION, key);
    const columns = bodyColumns({ ...Object(bodyOf(entity)), newer: true });
    const row = { partitionKey: PARTITION, rowKey: key, ...columns };
    try {
      await table.updateEntity(row, "Replace", { etag: entity.etag });
      return;
    } catch (error) {
      if (!(error instanceof Error && "statusCode" in error && error.statusCode === 412))
        throw error;
    }
  }
}

async function hasField(stage: Stage, key: string): Promise<boolean> {
  const body = bodyOf(await tableOf(stage).getEntity(PARTITION, key));
  return typeof body === "object" && body !== null && "newer" in body;
}

function tableOf({ storage }: Stage): TableClient {
  return TableClient.fromConnectionString(storage, "ledger", { allowInsecureConnection: true });
}

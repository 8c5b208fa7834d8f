import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { rowsIn } from "../../../shared/evidence/rows/row-block.ts";
import { buildCatalogue, type Catalogue } from "../../../shared/plan/profile/catalogue.ts";
import type { Ports } from "../../../shared/ports.ts";
import { rowsOfRound } from "../../../shared/workflow/view/rows/read-round.ts";
import { roundKey } from "../../../shared/ledger/row/sweep-keys.ts";
import { roundRowsOf } from "../../../shared/ledger/sweep/round-rows.ts";
import { startSweeping } from "../sweep/sweeping.ts";
import { sample } from "../../plan/shipped.ts";
import { openCollecting, type Collecting, type Served } from "../collecting.ts";

const sweep = { name: "autostarts", round: 3, batch: 7, window: null };
const rows = { format: "ndjson", columns: [{ name: "a", type: "number", key: true }] };

function catalogueWith(commands: readonly unknown[]): { catalogue: Catalogue; hash: string } {
  const json = { ...sample(), commands };
  const built = buildCatalogue([{ fileName: "sample.json", json }]);
  if (built.kind === "invalid") throw new Error(JSON.stringify(built.problems));
  return { catalogue: built.value, hash: built.value.get("sample")?.hash ?? "" };
}

const SCRIPT = { type: "RunScript", scriptName: "s0.ps1" } as const;
const FILE = { type: "GetFile", path: String.raw`C:\f1` } as const;

function scriptOutput(text: string): Served {
  const json = JSON.stringify({ exit_code: 0, script_output: text, script_errors: "" });
  return { type: "RunScript", fileName: null, chunks: [Buffer.from(json)] };
}

function file(bytes: Uint8Array): Served {
  return { type: "GetFile", fileName: "f.gz", chunks: [bytes] };
}

/** A machine of a sweep whose script has rows, or whose file has. */
async function swept(served: readonly Served[], command = 0): Promise<Collecting> {
  const withRows = command === 0 ? [{ ...SCRIPT, rows }, FILE] : [SCRIPT, { ...FILE, rows }];
  const { catalogue, hash } = catalogueWith(withRows.slice(0, served.length));
  const fields = { sweep, profile: { name: "sample", version: 1, hash } };
  return await openCollecting(served, [], { catalogue, fields });
}

async function storedIn(world: Collecting) {
  const stored: { machineId: string; count: number; rows: unknown }[] = [];
  for await (const { header, body } of rowsOfRound(world.rows, {
    name: "autostarts",
    number: 3,
  })) {
    stored.push({ machineId: header.machineId, count: header.count, rows: rowsIn(body) });
  }
  return stored;
}

async function countsOf(world: Collecting) {
  return (await world.record()).results.map((each) => each.rows);
}

describe("the rows of a swept machine", () => {
  it("are stored beside the evidence of its script, and counted in its result", async () => {
    const served = [scriptOutput('{"a":1}\r\n{"a":"x"}\r\n{"a":2}\r\n')];
    const world = await swept(served);
    expect(await world.collect()).toEqual({ kind: "done", stored: 1 });
    const { machineId } = await world.record();
    expect(await world.rows.list("")).toEqual(["autostarts/000003/000007.ndjson"]);
    expect(await storedIn(world)).toEqual([{ machineId, count: 2, rows: [[1], [2]] }]);
    expect(await countsOf(world)).toEqual([{ count: 2, wrong: 1, cut: null, trouble: null }]);
  });

  it("are read out of a fetched file, and not out of the other results", async () => {
    const world = await swept([scriptOutput('{"a":9}'), file(gzipSync('{"a":1}\n'))], 1);
    await world.collect();
    expect((await storedIn(world)).map((each) => each.rows)).toEqual([[[1]]]);
    expect(await countsOf(world)).toEqual([null, { count: 1, wrong: 0, cut: null, trouble: null }]);
  });

  it("never stop the evidence, whatever is wrong with them", async () => {
    const world = await swept([scriptOutput("x"), file(Buffer.from("PK\x03\x04 broken"))], 1);
    expect(await world.collect()).toEqual({ kind: "done", stored: 2 });
    expect((await countsOf(world))[1]).toMatchObject({
      count: 0,
      trouble: "a zip without its end",
    });
    expect((await world.manifest()).entries).toHaveLength(2);
    expect(await storedIn(world)).toMatchObject([{ count: 0, rows: [] }]);
  });

  it("are not stored for an incident, nor for a profile that nobody knows any more", async () => {
    const { catalogue, hash } = catalogueWith([{ ...SCRIPT, rows }]);
    const served = [scriptOutput('{"a":1}')];
    for (const fields of [
      { profile: { name: "sample", version: 1, hash } },
      { sweep, profile: { name: "sample", version: 1, hash: "other" } },
      { sweep, profile: { name: "gone", version: 1, hash } },
    ]) {
      const world = await openCollecting(served, [], { catalogue, fields });
      expect(await world.collect()).toEqual({ kind: "done", stored: 1 });
      expect(await world.rows.list("")).toEqual([]);
      expect(await countsOf(world)).toEqual([null]);
    }
  });

  it("are read as the round knows the profile, if that has changed since", async () => {
    const sweeping = startSweeping(1);
    await sweeping.apply();
    const number = await sweeping.start();
    const { catalogue, hash } = catalogueWith([{ ...SCRIPT, rows }]);
    const [entry] = [...catalogue.values()];
    const round = { ...(await sweeping.round(number)), rows: roundRowsOf(entry ? [entry] : []) };
    const fields = { sweep, profile: { name: "sample", version: 1, hash } };
    const world = await openCollecting([scriptOutput('{"a":1}')], [], { fields });
    const key = roundKey(sweep.name, sweep.round);
    await world.ledger.commit([{ op: "insert", key, body: round }]);
    expect(await world.collect()).toEqual({ kind: "done", stored: 1 });
    expect(await storedIn(world)).toMatchObject([{ count: 1, rows: [[1]] }]);
  });

  it("leave the result owed while their store is out of reach, and come with the next try", async () => {
    const world = await swept([scriptOutput('{"a":1}')]);
    await expect(world.collect(world.ports(cutOff))).rejects.toThrow("out of reach");
    expect((await world.record()).results[0]?.state).toBe("owed");
    expect((await world.manifest()).entries).toEqual([]);
    expect(await world.collect()).toEqual({ kind: "done", stored: 1 });
    expect(await storedIn(world)).toMatchObject([{ count: 1, rows: [[1]] }]);
  });

  it("are there once for a reader, though a host died after it had appended them", async () => {
    const world = await swept([scriptOutput('{"a":1}')]);
    await expect(world.collect(world.ports(dying))).rejects.toThrow("died");
    await world.collect();
    const opened = await world.rows.open("autostarts/000003/000007.ndjson");
    const pieces: Uint8Array[] = [];
    for await (const piece of opened?.content ?? []) pieces.push(piece);
    expect(
      Buffer.concat(pieces)
        .toString()
        .match(/"sequenceId"/g),
    ).toHaveLength(2);
    expect(await storedIn(world)).toMatchObject([{ count: 1, rows: [[1]] }]);
  });
});

/** A host that does not reach the store of rows. */
function cutOff(ports: Ports): Ports {
  return { ...ports, rows: { ...ports.rows, append: unreachable } };
}

async function unreachable(): Promise<never> {
  throw new Error("out of reach");
}

/** A host that dies right after it has appended. */
function dying(ports: Ports): Ports {
  return {
    ...ports,
    rows: {
      ...ports.rows,
      append: async (path, bytes) => {
        await ports.rows.append(path, bytes);
        throw new Error("died");
      },
    },
  };
}

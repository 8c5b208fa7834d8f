import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { verifyChain } from "../../../shared/evidence/custody.ts";
import type { RowChange } from "../../../shared/ledger/sequence/rows.ts";
import type { Download, Ports, Reply } from "../../../shared/ports.ts";
import { type Collecting, openCollecting, type Served } from "../collecting.ts";

const SCRIPT = Buffer.from('{"exit_code":0,"script_output":"done","script_errors":""}\0\0\0');
const FILE = gzipSync(Buffer.from("what was fetched ".repeat(500)));
const SERVED: readonly Served[] = [
  { type: "RunScript", fileName: null, chunks: [SCRIPT] },
  {
    type: "GetFile",
    fileName: "loot.zip.gz",
    chunks: [FILE.subarray(0, 1), FILE.subarray(1, 60), FILE.subarray(60)],
  },
];

class Crash extends Error {}

/** A host that dies at the `at`-th point it passes; every later call of it fails. */
function dyingHost(at: number): { change: (ports: Ports) => Ports; passed: string[] } {
  const passed: string[] = [];
  let isDead = false;
  const pass = (point: string): void => {
    passed.push(point);
    if (passed.length === at) isDead = true;
    if (isDead) throw new Crash(point);
  };
  const around =
    <Words extends unknown[], T>(name: string, act: (...words: Words) => Promise<T>) =>
    async (...words: Words): Promise<T> => {
      pass(`before ${name}`);
      const value = await act(...words);
      pass(`after ${name}`);
      return value;
    };
  async function* pieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let count = 0;
    for await (const piece of content) {
      pass(`before piece ${count}`);
      count += 1;
      yield piece;
    }
    pass("after the last piece");
  }
  return {
    passed,
    change: (ports) => ({
      ...ports,
      ledger: {
        read: async (key) => {
          if (isDead) throw new Crash("dead");
          return await ports.ledger.read(key);
        },
        list: async (...range) => await ports.ledger.list(...range),
        commit: around(
          "a commit",
          async (changes: readonly RowChange[]) => await ports.ledger.commit(changes),
        ),
      },
      evidence: {
        put: around(
          "the file is put",
          async (path: string, content: AsyncIterable<Uint8Array>) =>
            await ports.evidence.put(path, content),
        ),
        open: around("the file is opened", async (path: string) => await ports.evidence.open(path)),
      },
      defender: {
        ...ports.defender,
        resultLink: around(
          "the link",
          async (actionId: string, index: number) =>
            await ports.defender.resultLink(actionId, index),
        ),
        download: around("the download", async (link: string): Promise<Reply<Download>> => {
          const reply = await ports.defender.download(link);
          if (reply.kind !== "answered") return reply;
          const { content } = reply.value;
          return { ...reply, value: { ...reply.value, content: pieces(content) } };
        }),
      },
    }),
  };
}

async function clean(): Promise<{ collecting: Collecting; points: readonly string[] }> {
  const collecting = await openCollecting(SERVED);
  const host = dyingHost(Number.POSITIVE_INFINITY);
  await collecting.collect(collecting.ports(host.change));
  return { collecting, points: host.passed };
}

/** Everything that is left behind, but for the calls that were spent on it. */
async function leftBy({ ledger, evidence }: Collecting) {
  const rows = ledger.rows().filter(({ key }) => key !== "asked");
  const files = await Promise.all(
    evidence.paths().map(async (path) => {
      const opened = await evidence.open(path);
      const hash = createHash("sha256");
      for await (const piece of opened?.content ?? []) hash.update(piece);
      return [path, hash.digest("hex")];
    }),
  );
  return { rows: rows.map(({ key, body }) => [key, body]), files };
}

const { collecting: whole, points } = await clean();
const expected = await leftBy(whole);

describe("collecting", () => {
  it("passes every point of the table once it is whole", async () => {
    expect(points.filter((point) => point.includes("piece"))).toHaveLength(6);
    expect(points.length).toBeGreaterThan(24);
    const { entries, head } = await whole.manifest();
    expect(verifyChain(entries, { number: 2, hash: head })).toMatchObject({ kind: "ok" });
    expect(expected.files).toHaveLength(2);
  });

  it.each(points.map((point, index) => ({ at: index + 1, point })))(
    "that dies $point (point $at) leaves no half file, and the next try ends the same",
    async ({ at }) => {
      const collecting = await openCollecting(SERVED);
      const host = dyingHost(at);
      await expect(collecting.collect(collecting.ports(host.change))).rejects.toThrow(Crash);
      const half = await leftBy(collecting);
      expect(expected.files).toEqual(expect.arrayContaining(half.files));
      expect(await collecting.collect()).toMatchObject({ kind: "done" });
      expect(await leftBy(collecting)).toEqual(expected);
    },
  );

  it.each(points.map((point, index) => ({ at: index + 1, point })))(
    "done by two at once, one of which dies $point (point $at), ends the same",
    async ({ at }) => {
      const collecting = await openCollecting(SERVED);
      const host = dyingHost(at);
      await Promise.allSettled([
        collecting.collect(withoutWaits(collecting.ports(host.change))),
        collecting.collect(collecting.ports(withoutWaits)),
      ]);
      await collecting.collect(collecting.ports(withoutWaits));
      expect(await leftBy(collecting)).toEqual(expected);
    },
  );
});

function withoutWaits(ports: Ports): Ports {
  return { ...ports, clock: { ...ports.clock, sleep: async () => undefined } };
}

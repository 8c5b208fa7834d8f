import { describe, expect, it } from "vitest";
import type { RowStore } from "../../shared/ports.ts";

const PATH = "autostarts/000001/000001.ndjson";
const MIB = 2 ** 20;

/** What every row store promises. `open` gives a new empty one for each test; nothing is created. */
export function rowsContract(name: string, open: () => RowStore): void {
  describe(`the rows in ${name}`, () => {
    it("are nowhere before somebody appends some", async () => {
      const store = open();
      expect(await store.open(PATH)).toBe(null);
      expect(await store.list("")).toEqual([]);
      await store.append("other/1", Buffer.from("1"));
      expect(await store.open(PATH)).toBe(null);
    });

    it("are all that was appended, in its order", async () => {
      const store = open();
      for (const text of ["one\n", "two\n", "three\n"]) {
        await store.append(PATH, Buffer.from(text));
      }
      expect(await textIn(store, PATH)).toBe("one\ntwo\nthree\n");
      expect((await store.open(PATH))?.size).toBe(14);
    });

    it("are what was appended, blocks of 4 MiB too", async () => {
      const store = open();
      const block = Buffer.from(Array.from({ length: 4 * MIB }, (_, at) => (at * 31) % 251));
      await store.append(PATH, block);
      await store.append(PATH, block);
      const opened = await store.open(PATH);
      expect(opened?.size).toBe(8 * MIB);
      expect(Buffer.concat(await piecesOf(opened)).equals(Buffer.concat([block, block]))).toBe(
        true,
      );
    });

    it("are each block whole when many append at once, to a file that is not there", async () => {
      const store = open();
      const blocks = Array.from({ length: 12 }, (_, at) => `${"x".repeat(at * 1_000)}${at}\n`);
      await Promise.all(blocks.map(async (text) => await store.append(PATH, Buffer.from(text))));
      const lines = (await textIn(store, PATH)).split(/(?<=\n)/);
      expect(lines.toSorted()).toEqual(blocks.toSorted());
    });

    it("are read in part, as far as they go", async () => {
      const store = open();
      await store.append(PATH, Buffer.from("0123456789"));
      expect(await textIn(store, PATH, { offset: 3, bytes: 4 })).toBe("3456");
      expect(await textIn(store, PATH, { offset: 8, bytes: 100 })).toBe("89");
      expect((await store.open(PATH, { offset: 8, bytes: 100 }))?.size).toBe(2);
    });

    it("do not change under a reader by what is appended meanwhile", async () => {
      const store = open();
      await store.append(PATH, Buffer.from("1"));
      const opened = await store.open(PATH);
      await store.append(PATH, Buffer.from("2"));
      expect(Buffer.concat(await piecesOf(opened)).toString()).toBe("1");
    });

    it("are listed by their paths, those that begin alike", async () => {
      const store = open();
      for (const path of ["a/000010/000002", "a/000010/000001", "a/000002/000001", "ab/000001/1"]) {
        await store.append(path, Buffer.from("1"));
      }
      expect(await store.list("a/")).toEqual([
        "a/000002/000001",
        "a/000010/000001",
        "a/000010/000002",
      ]);
      expect(await store.list("a/000010/")).toHaveLength(2);
      expect(await store.list("b")).toEqual([]);
    });
  });
}

async function textIn(store: RowStore, path: string, range?: { offset: number; bytes: number }) {
  return Buffer.concat(await piecesOf(await store.open(path, range))).toString();
}

async function piecesOf(opened: { content: AsyncIterable<Uint8Array> } | null) {
  const pieces: Uint8Array[] = [];
  for await (const piece of opened?.content ?? []) pieces.push(piece);
  return pieces;
}

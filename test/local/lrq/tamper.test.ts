import { createHash } from "node:crypto";
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readSums, sumsText } from "../../../local/lrq/custody-folder.ts";
import { verifyFolder } from "../../../local/lrq/verify-folder.ts";
import type { Served } from "../../workflow/collecting.ts";
import { exported, temporaryFolder } from "./exporting.ts";

const SERVED: readonly Served[] = [
  { type: "RunScript", fileName: null, chunks: [Buffer.from('{"exit_code":0}')] },
  { type: "GetFile", fileName: "a.gz", chunks: [gzipSync("within")] },
];

async function whole(): Promise<string> {
  return (await exported(SERVED)).folder;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

async function findingsIn(folder: string, head: string | null = null) {
  return (await verifyFolder(folder, head)).findings;
}

/** Makes the sums fit again, as somebody would who knows of them. */
function resum(folder: string): void {
  const sums = new Map(
    filesOf(folder)
      .filter((name) => name !== "SHA256SUMS")
      .map((name) => {
        const bytes = readFileSync(join(folder, name));
        return [name, createHash("sha256").update(bytes).digest("hex")];
      }),
  );
  writeFileSync(join(folder, "SHA256SUMS"), sumsText(sums));
}

describe("an exported run", () => {
  it("verifies, and says so with the head of its chain", async () => {
    const { folder, run } = await exported(SERVED);
    expect(await verifyFolder(folder)).toMatchObject({
      findings: [],
      results: 2,
      auditRecords: 3,
      head: run.manifest.head,
    });
    expect(await findingsIn(folder, run.manifest.head)).toEqual([]);
    expect(await findingsIn(folder, "0".repeat(64))).toHaveLength(1);
  });

  it("can be empty", async () => {
    const { folder } = await exported([]);
    expect(await findingsIn(folder)).toEqual([]);
  });

  it("has sums that can be read back, and no others", () => {
    const line = `${"a".repeat(64)}  b/c.bin\n`;
    expect(readSums(line)).toEqual({ sums: new Map([["b/c.bin", "a".repeat(64)]]) });
    expect(readSums(line + line)).toEqual({ badLine: 2 });
    expect(readSums(line.trimEnd())).toEqual({ badLine: 1 });
    expect(readSums(line.replace("  ", " *"))).toEqual({ badLine: 1 });
  });
});

/** All bytes of a file are covered by one hash, so some of them tell. */
const EACH_FIFTH = 5;

describe("a byte that is flipped", () => {
  it.each([
    ["SHA256SUMS", 1],
    ["audit.jsonl", EACH_FIFTH],
    ["index.json", EACH_FIFTH],
    ["manifest.json", EACH_FIFTH],
    ["0-0.bin", 1],
    ["0-1.bin", 1],
  ] as const)("in %s is found, whichever of each %i it is", async (ending, step) => {
    const source = await whole();
    const name = filesOf(source).find((each) => each.endsWith(ending)) ?? "";
    const path = join(source, name);
    const bytes = readFileSync(path);
    const missed: number[] = [];
    for (let at = 0; at < bytes.length; at += step) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, flipped);
      const found = await findingsIn(source);
      if (found.length === 0) missed.push(at);
    }
    expect(missed).toEqual([]);
    expect(bytes.length).toBeGreaterThan(10);
  });

  it("in a file that is summed anew is found by the chain", async () => {
    const folder = await whole();
    const names = filesOf(folder);
    for (const name of names.filter((each) => each !== "SHA256SUMS")) {
      const copy = temporaryFolder();
      cpSync(folder, copy, { recursive: true });
      const path = join(copy, name);
      const bytes = readFileSync(path);
      const missed: number[] = [];
      for (let at = 0; at < bytes.length; at += 13) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ 1;
        writeFileSync(path, flipped);
        resum(copy);
        if ((await findingsIn(copy)).length === 0) missed.push(at);
      }
      expect({ name, missed }).toEqual({ name, missed: [] });
    }
  });
});

describe("entries that are moved about, and summed anew", () => {
  interface Loose {
    entries: unknown[];
    head: string;
  }
  const tampers: Record<string, (manifest: Loose) => void> = {
    swapped: (manifest) => (manifest.entries = manifest.entries.toReversed()),
    "the first removed": ({ entries }) => entries.shift(),
    "the last removed": ({ entries }) => entries.pop(),
    "all removed": (manifest) => (manifest.entries = []),
    doubled: ({ entries }) => entries.push(entries[1]),
    "without a head": (manifest) => (manifest.head = "0".repeat(64)),
  };

  it.each(Object.entries(tampers))("%s are found", async (_, tamper) => {
    const folder = await whole();
    const path = join(folder, "manifest.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    tamper(manifest);
    writeFileSync(path, `${JSON.stringify(manifest, null, 1)}\n`);
    resum(folder);
    expect((await findingsIn(folder)).map(({ where }) => where)).toContain("manifest.json");
  });

  it.each<[string, (lines: string[]) => void]>([
    ["swapped", (lines) => lines.splice(0, 2, lines[1] ?? "", lines[0] ?? "")],
    ["the first removed", (lines) => lines.shift()],
    ["the last removed", (lines) => lines.pop()],
    ["all removed", (lines) => lines.splice(0)],
    ["doubled", (lines) => lines.push(lines[1] ?? "")],
  ])("audit records %s are found", async (_, tamper) => {
    const folder = await whole();
    const path = join(folder, "audit.jsonl");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    tamper(lines);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    resum(folder);
    expect((await findingsIn(folder)).map(({ where }) => where)).toContain("audit.jsonl");
  });
});

describe("files that are moved about", () => {
  it.each(["manifest.json", "audit.jsonl", "index.json", "SHA256SUMS", "0-1.bin"])(
    "are missed: %s",
    async (ending) => {
      const folder = await whole();
      const name = filesOf(folder).find((each) => each.endsWith(ending)) ?? "";
      rmSync(join(folder, name));
      expect((await findingsIn(folder)).map(({ where }) => where)).toContain(name);
    },
  );

  it("are found when two change places, one is added, or one is a link", async () => {
    const folder = await whole();
    const [a = "", b = ""] = filesOf(folder).filter((name) => name.endsWith(".bin"));
    renameSync(join(folder, a), join(folder, "held"));
    renameSync(join(folder, b), join(folder, a));
    renameSync(join(folder, "held"), join(folder, b));
    const swapped = await findingsIn(folder);
    expect(swapped.map(({ where }) => where)).toEqual(expect.arrayContaining([a, b]));
    writeFileSync(join(folder, "more.txt"), "more");
    symlinkSync("/dev/null", join(folder, "link"));
    const where = (await findingsIn(folder)).map((each) => each.where);
    expect(where).toEqual(expect.arrayContaining(["more.txt", "link"]));
  });

  it("belong to no other run", async () => {
    const folder = await whole();
    const path = join(folder, "manifest.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("0123456789abcdefghjk", "1123456789abcdefghjk"));
    resum(folder);
    const what = (await findingsIn(folder)).map((each) => each.what).join("; ");
    expect(what).toContain("belongs to another run");
  });
});

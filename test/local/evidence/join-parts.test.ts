import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { joinParts } from "../../../local/evidence/join-parts.ts";
import { runCommand } from "../../../local/lrq/command-line.ts";
import { digest } from "../../library/opened.ts";
import { temporaryFolder } from "../lrq/exporting.ts";

const WORDS = ["first part, ", "second part, ", "last part"];

/** A manifest of these parts, as a machine writes it. */
function manifestOf(parts: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const whole = parts.join("");
  return JSON.stringify({
    version: 1,
    name: "Collection.zip",
    size: whole.length,
    sha256: digest(whole),
    parts: parts.map((part, index) => ({
      path: `/var/tmp/c.${index + 1}`,
      size: part.length,
      sha256: digest(part),
    })),
    ...more,
  });
}

/** A folder with these files, and a place that is not there yet. */
function folderWith(files: Readonly<Record<string, string | Uint8Array>>) {
  const top = temporaryFolder();
  const folder = join(top, "evidence");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return { folder, into: join(top, "joined") };
}

function leftIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

describe("the parts of a collector's output", () => {
  it("are joined to what they were cut from, whatever their files are called", async () => {
    const { folder, into } = folderWith({
      "r/s/0-1.bin": manifestOf(WORDS),
      "r/s/0-2.bin": WORDS[2] ?? "",
      "r/s/0-3.bin": WORDS[0] ?? "",
      "other/name": WORDS[1] ?? "",
      "index.json": "{}",
    });
    const path = join(into, "Collection.zip");
    const sha256 = digest(WORDS.join(""));
    const size = WORDS.join("").length;
    expect(await joinParts(folder, into)).toEqual([
      { kind: "joined", from: "r/s/0-1.bin", path, size, sha256, parts: 3 },
    ]);
    expect(readFileSync(path, "utf8")).toBe(WORDS.join(""));
  });

  it("are joined without the gzip layer of live response, and with their own", async () => {
    const own = gzipSync("an archive that the collector made").toString("latin1");
    const parts = [own.slice(0, 20), own.slice(20)];
    const bytes = parts.map((part) => Buffer.from(part, "latin1"));
    const whole = Buffer.concat(bytes);
    const manifest = {
      version: 1,
      name: "c.tar.gz",
      size: whole.length,
      sha256: digest(whole),
      parts: bytes.map((each) => ({ path: "/c", size: each.length, sha256: digest(each) })),
    };
    const [first = Buffer.of(), last = Buffer.of()] = bytes;
    const { folder, into } = folderWith({
      "c.json": gzipSync(JSON.stringify(manifest)),
      "c.1": gzipSync(first),
      "c.2": last,
    });
    expect(await joinParts(folder, into)).toMatchObject([{ kind: "joined", parts: 2 }]);
    expect(readFileSync(join(into, "c.tar.gz")).equals(whole)).toBe(true);
  });

  it("are no file if one is missing, and the answer names it", async () => {
    const [first = "", , last = ""] = WORDS;
    const { folder, into } = folderWith({ m: manifestOf(WORDS), a: first, b: last });
    const why = "1 of 3 parts are not here: /var/tmp/c.2";
    expect(await joinParts(folder, into)).toEqual([{ kind: "refused", from: "m", why }]);
    expect(leftIn(into)).toEqual([]);
  });

  it("are no file if one byte of a part is another", async () => {
    const [first = "", second = "", last = ""] = WORDS;
    const changed = `X${last.slice(1)}`;
    const { folder, into } = folderWith({
      m: manifestOf(WORDS),
      a: first,
      b: second,
      c: changed,
    });
    expect(await joinParts(folder, into)).toMatchObject([{ kind: "refused" }]);
  });

  it("are no file if together they are not what the manifest says", async () => {
    const [first = "", second = ""] = WORDS;
    const lies = manifestOf([second, first], { sha256: digest(first + second) });
    const { folder, into } = folderWith({ m: lies, a: first, b: second });
    const why = "its parts are not the file whose hash it says";
    expect(await joinParts(folder, into)).toEqual([{ kind: "refused", from: "m", why }]);
    expect(leftIn(into)).toEqual([]);
  });

  it("never take the place of a file, and never leave the folder they are joined in", async () => {
    const [first = ""] = WORDS;
    const { folder, into } = folderWith({
      m: manifestOf([first], { name: "../../etc/passwd" }),
      a: first,
    });
    mkdirSync(into);
    writeFileSync(join(into, "passwd"), "here before");
    const why = `${join(into, "passwd")} is there already`;
    expect(await joinParts(folder, into)).toEqual([{ kind: "refused", from: "m", why }]);
    expect(readFileSync(join(into, "passwd"), "utf8")).toBe("here before");
    expect(leftIn(into)).toEqual(["passwd"]);
  });

  it("of two machines are two files, even if both give theirs one name", async () => {
    const [first = "", second = ""] = WORDS;
    const { folder, into } = folderWith({
      "x/m": manifestOf([first]),
      "y/m": manifestOf([second], { name: "COLLECTION.zip" }),
      "x/a": first,
      "y/a": second,
    });
    expect(await joinParts(folder, into)).toMatchObject([{ kind: "joined" }, { kind: "joined" }]);
    expect(leftIn(into)).toEqual(["2-COLLECTION.zip", "Collection.zip"]);
  });

  it.each([
    ["is of another version", { version: 2 }],
    ["has no parts", { parts: [] }],
    ["does not add up", { size: 1 }],
  ])("are not looked for if the manifest %s", async (_, more) => {
    const { folder, into } = folderWith({ m: manifestOf(WORDS, more) });
    expect(await joinParts(folder, into)).toEqual([]);
  });
});

/** What the command says, and its exit code. */
async function told(...words: readonly string[]) {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const exitCode = await runCommand(["evidence", "join", ...words], {
    env: {},
    say,
    complain: say,
  });
  return { exitCode, lines };
}

describe("lrq evidence join", () => {
  it("says what it joined, and what not", async () => {
    const [first = "", second = ""] = WORDS;
    const { folder, into } = folderWith({
      a: manifestOf([first]),
      b: manifestOf([second]),
      c: first,
    });
    const { exitCode, lines } = await told(folder, into);
    expect(exitCode).toBe(1);
    const path = join(into, "Collection.zip");
    expect(lines).toEqual([
      `ok   ${path}: ${first.length} bytes of 1 parts, ${digest(first)}`,
      "NOT  b: 1 of 1 parts are not here: /var/tmp/c.1",
    ]);
  });

  it("fails if there is nothing to join", async () => {
    const { folder, into } = folderWith({ a: "a" });
    expect(await told(folder, into)).toMatchObject({ exitCode: 1 });
  });
});

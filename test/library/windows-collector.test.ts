import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { archiveFor } from "../../local/defender-simulator/archive.ts";
import { joinParts } from "../../local/evidence/join-parts.ts";
import { digest } from "./opened.ts";
import { hasEnded } from "./processes.ts";
import { HAS_PWSH, scenariosOf, WHERE } from "./scenarios.ts";

const scenarios = scenariosOf("Invoke-Collector.ps1", "Invoke-Collector");

const saidSchema = z.union([
  z.strictObject({
    ok: z.literal(true),
    manifest: z.string(),
    name: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    parts: z.number(),
    notFetched: z.number(),
    seconds: z.number(),
    asAdministrator: z.literal(true),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

interface Collector {
  /** What the program does, for node; `out` is where its output goes. */
  readonly does: string;
  readonly words?: readonly string[];
  /** In so many parts it comes from the library. */
  readonly brought?: number;
  /** The folder of the archive that it is in; null if it is alone. */
  readonly zipped?: string;
  readonly more?: string;
  readonly spoil?: (folder: string) => void;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

const BEGINNING = `const { writeFileSync, readdirSync } = require("node:fs");
const { spawn } = require("node:child_process");
const out = process.argv[2];
`;

function folderOf(name: string): string {
  return join(scenarios.folderOf(name), "here");
}

function given(name: string, collector: Collector): void {
  const folder = folderOf(name);
  const output = join(scenarios.folderOf(name), "out", "lrq", "collected");
  for (const each of [folder, dirname(output)]) mkdirSync(each, { recursive: true });
  writeFileSync(`${output}.1`, "of an earlier time");
  const { brought = 0, zipped = null, words = ["%out%"], more = "" } = collector;
  const pack = packOf(BEGINNING + collector.does, zipped);
  const packName = zipped === null ? "pack.js" : "pack.zip";
  const each = Math.ceil(pack.length / Math.max(1, brought));
  for (let at = 0; at < Math.max(1, brought); at += 1) {
    const path = brought === 0 ? packName : `${packName}.${at + 1}`;
    writeFileSync(join(folder, path), pack.subarray(at * each, (at + 1) * each));
  }
  const text = [
    "# A pack for tests.",
    `pack ${packName}`,
    `sha256 ${digest(pack)}`,
    ...(brought === 0 ? [] : [`parts ${brought}`]),
    ...(zipped === null ? [] : [`start ${zipped}/pack.js`]),
    ...words.map((word) => `argument ${word}`),
    `take .out${more}`,
    "",
  ].join("\r\n");
  writeFileSync(join(folder, "collector.txt"), text);
  collector.spoil?.(folder);
  const sha256 = digest(text);
  const standard = { Collector: "collector.txt", Sha256: sha256, Output: output, Rest: [] };
  const bounds = { Parts: "1", Megabytes: "1", Seconds: "60" };
  const all = { ...standard, ...bounds, ...collector.arguments };
  scenarios.given(name, { output, folder, node: process.execPath, arguments: all });
}

function packOf(text: string, zipped: string | null): Buffer {
  if (zipped === null) return Buffer.from(text);
  const members = { "pack.js": text, beside: "" };
  const inside = Object.entries(members).map(([name, content]) => ({
    name: `${zipped}/${name}`,
    content: Buffer.from(content),
  }));
  return Buffer.from(archiveFor("pack.zip", inside));
}

const outcome = (name: string) => scenarios.ranOf(name, saidSchema);

function errorOf(name: string): string {
  const { said, left } = outcome(name);
  expect(left).toEqual([]);
  return said.ok ? "" : said.error;
}

/** The bytes that the parts are joined to. */
async function joined(name: string): Promise<string> {
  const into = join(scenarios.folderOf(name), "in");
  const [all] = await joinParts(dirname(outcome(name).output), into);
  return all?.kind === "joined" ? readFileSync(all.path, "latin1") : JSON.stringify(all);
}

const losePart = (folder: string): void => rmSync(join(folder, "pack.js.2"));
const putAnother = (folder: string): void => writeFileSync(join(folder, "pack.js"), "");

beforeAll(() => scenarios.run());
afterAll(() => scenarios.end());

describe.runIf(HAS_PWSH)(`a collector of a team on Windows, ${WHERE}`, () => {
  const QUIET = 'writeFileSync(out + "/a.out", "x");';
  const LARGE = 'writeFileSync(out + "/Collection-PC [1].out", "0123456789".repeat(250000));';
  const LASTS = "const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600000)']);";
  const STARTED = "writeFileSync('STARTED', '');";

  given("large", { does: LARGE, arguments: { Parts: "2" } });
  given("three", {
    does: 'writeFileSync(out + "/a.out", "123456789");',
    arguments: { Parts: "3" },
  });
  given("zipped", {
    does: 'writeFileSync(out + "/a.out", "" + readdirSync("."));',
    zipped: "KAPE",
  });
  const WORDS = ["-a b", 'say "hi" C:\\', "--tdest=%out%\\y", "$(x) %TEMP% `;&|!"];
  const tells = 'writeFileSync("told.out", JSON.stringify(process.argv.slice(2)));';
  const below = 'require("node:fs").mkdirSync(out + "/C"); writeFileSync(out + "/C/b.out", "");';
  given("below", { does: `${QUIET} ${below}` });
  given("words", { does: tells, words: WORDS });
  given("brought", { does: QUIET, brought: 3 });
  given("loud", { does: `process.stdout.write("x".repeat(1e6)); ${QUIET}` });
  given("fails", { does: `${QUIET} console.error("first\\nno right"); process.exitCode = 3;` });
  given("says only", { does: 'console.log("no licence"); process.exitCode = 1;' });
  const pid = join(scenarios.top, "pid");
  const hangs = `${LASTS} writeFileSync(${JSON.stringify(pid)}, "" + child.pid);`;
  given("hangs", { does: hangs, arguments: { Seconds: "3" } });
  given("nothing", { does: "" });
  given("empty", { does: 'writeFileSync(out + "/a.out", "");' });
  given("two", { does: `${QUIET} writeFileSync(out + "/b.out", "x");` });
  given("part missing", { does: STARTED, brought: 2, spoil: losePart });
  given("other pack", { does: QUIET, spoil: putAnother });
  given("other file", { does: QUIET, arguments: { Sha256: digest("") } });
  given("unknown line", { does: QUIET, more: "\r\nwipe everything" });
  given("path", { does: QUIET, arguments: { Collector: "../collector.txt" } });
  given("many parts", { does: QUIET, arguments: { Parts: "10" } });
  given("word", { does: QUIET, arguments: { Rest: ["-Wipe"] } });

  it("leaves parts that live response can fetch, which join to its output", async () => {
    const { said, left } = outcome("large");
    expect(said).toMatchObject({ name: "Collection-PC [1].out", bytes: 2_500_000 });
    expect(said).toMatchObject({ ok: true, parts: 3, notFetched: 1 });
    expect(left).toEqual(["collected.1", "collected.2", "collected.3", "collected.json"]);
    expect(readdirSync(folderOf("large"))).toEqual([]);
    const whole = await joined("large");
    expect(whole).toBe("0123456789".repeat(250_000));
    expect(said).toMatchObject({ sha256: digest(whole) });
  });

  it("leaves as many parts as are fetched, none of them empty", async () => {
    const { output } = outcome("three");
    const parts = [1, 2, 3].map((at) => readFileSync(`${output}.${at}`, "utf8"));
    expect(parts).toEqual(["123", "456", "789"]);
    expect(await joined("three")).toBe("123456789");
  });

  it("starts in its own folder if it comes in an archive, as KAPE does", async () => {
    expect(await joined("zipped")).toBe("beside,pack.js");
  });

  it("starts where its output is taken from if it is alone, with its words as written", async () => {
    const told = z.array(z.string()).parse(JSON.parse(await joined("words")));
    expect(told.toSpliced(2, 1)).toEqual(WORDS.toSpliced(2, 1));
    expect(told[2]).toMatch(/^--tdest=\/.*\/out\\y$/);
  });

  it.each(["brought", "loud", "below"])("leaves its output also if it was %s", async (name) => {
    expect(await joined(name)).toBe("x");
    expect(readdirSync(folderOf(name))).toEqual([]);
  });

  it.each([
    ["fails", "the collector ended with 3: no right"],
    ["says only", "the collector ended with 1: no licence"],
    ["nothing", "the collector left no file that ends in .out"],
    ["empty", "its output has only 0 bytes"],
    ["two", "the collector left 2 files that end in .out"],
    ["part missing", "pack.js.2 is neither here nor where PutFile leaves files"],
    ["other pack", "pack.js has another hash than expected"],
    ["other file", "collector.txt has another hash than -Sha256"],
    ["unknown line", "collector.txt has a line that is not known: wipe everything"],
    ["path", "-Collector is the name of a library file"],
    ["many parts", "-Parts is 1 to 9"],
    ["word", "it does not know the argument -Wipe"],
  ])("leaves nothing if it is %s, also not of an earlier time", (name, sentence) => {
    expect(errorOf(name)).toBe(sentence);
    expect(existsSync(join(folderOf(name), "STARTED"))).toBe(false);
  });

  it("is ended with what it started when its time is over", async () => {
    expect(errorOf("hangs")).toBe("the collector did not end within 3 seconds");
    expect(readdirSync(folderOf("hangs"))).toEqual([]);
    // On a slow machine it had not begun yet.
    if (existsSync(pid)) await hasEnded(readFileSync(pid, "utf8"));
  });
});

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { joinParts } from "../../local/evidence/join-parts.ts";
import { digest } from "./opened.ts";
import { hasEnded } from "./processes.ts";
import { canMount, mountSmallDisk, unmount } from "./small-disk.ts";

const SCRIPT = join(process.cwd(), "library/invoke-collector.sh");
const places = (process.env["PATH"] ?? "").split(delimiter);
const SHELLS = ["dash", "bash"].filter((name) => whereIs(name) !== null);
const HAS_BASH = SHELLS.includes("bash");
/** All that the script starts where there is no setsid. */
const NEEDED =
  "sh bash date mktemp mkdir rm cp cat mv chmod sleep tail cut tr sed find dd wc id dirname sha256sum";
const isRoot = process.getuid?.() === 0;

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
    asRoot: z.boolean(),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

function whereIs(program: string): string | null {
  return places.map((each) => join(each, program)).find((each) => existsSync(each)) ?? null;
}

const top = mkdtempSync(join(tmpdir(), "lrq-collector-"));
chmodSync(top, 0o777);
const small = join(top, "small");
mkdirSync(small);
const MOUNTS = canMount(small);
afterAll(() => rmSync(top, { recursive: true, force: true }));

interface Collector {
  /** The program, as text of a shell script; or the pack itself, with what to start in it. */
  readonly program: string | { readonly pack: Buffer; readonly start: string };
  readonly words?: readonly string[];
  readonly take?: string;
  /** In so many parts it comes from the library. */
  readonly brought?: number;
  readonly more?: string;
}

interface Run {
  readonly shell?: string;
  readonly args?: readonly string[];
  readonly uid?: number;
  readonly output?: string;
  /** The programs that it finds; all if absent. */
  readonly path?: string;
  readonly spoil?: (folder: string) => void;
}

/** Puts the collector where PutFile leaves it, and says the hash of its file. */
function put(folder: string, { program, words = ["%out%"], take = ".out", ...rest }: Collector) {
  const isScript = typeof program === "string";
  const pack = isScript ? Buffer.from(`#!/bin/sh\n${program}\n`) : program.pack;
  const name = isScript ? "pack.sh" : "pack.tar.gz";
  const { brought = 0, more = "" } = rest;
  const each = Math.ceil(pack.length / Math.max(1, brought));
  for (let at = 0; at < Math.max(1, brought); at += 1) {
    const path = brought === 0 ? name : `${name}.${at + 1}`;
    writeFileSync(join(folder, path), pack.subarray(at * each, (at + 1) * each));
  }
  const text = [
    "# A pack for tests.",
    `pack ${name}`,
    `sha256 ${digest(pack)}`,
    ...(brought === 0 ? [] : [`parts ${brought}`]),
    ...(isScript ? [] : [`start ${program.start}`]),
    ...words.map((word) => `argument ${word}`),
    `take ${take}${more}`,
  ].join("\n");
  writeFileSync(join(folder, "collector.txt"), text);
  return digest(text);
}

/** Runs the script in a folder with the collector; it says one line and no error. */
function run(collector: Collector, { shell = "sh", args = [], path, ...rest }: Run = {}) {
  const folder = mkdtempSync(join(top, "here-"));
  const output = rest.output ?? join(mkdtempSync(join(top, "out-")), "collected");
  const sha256 = put(folder, collector);
  for (const each of [folder, join(output, "..")]) chmodSync(each, 0o777);
  rest.spoil?.(folder);
  const words = ["--collector=collector.txt", `--sha256=${sha256}`, `--output=${output}`];
  const { stdout, stderr, status } = spawnSync(
    whereIs(shell) ?? shell,
    [SCRIPT, ...words, "--megabytes=1", ...args],
    {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: path ?? process.env["PATH"] },
      ...(rest.uid === undefined ? {} : { uid: rest.uid }),
    },
  );
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toHaveLength(2);
  const said = saidSchema.parse(JSON.parse(stdout));
  expect(status).toBe(said.ok ? 0 : 1);
  return { said, output, folder, left: readdirSync(join(output, "..")).toSorted() };
}

/** The one file that the parts are joined to. */
async function joined({ output }: ReturnType<typeof run>) {
  const into = mkdtempSync(join(top, "in-"));
  const [all] = await joinParts(join(output, ".."), into);
  return all?.kind === "joined" ? readFileSync(all.path) : Buffer.from(JSON.stringify(all));
}

/** What a collector does to start a program that goes on, and the id of that. */
function lasting(name: string) {
  const path = join(top, `${name.replaceAll(" ", "-")}.pid`);
  const id = () => (existsSync(path) ? readFileSync(path, "utf8").trim() : "");
  return { program: `sleep 600 & echo $! >${path}`, id };
}

/** Runs what does not end, for longer if a slow machine had not begun with it. */
function runHanging(program: string, how: Run, id: () => string): ReturnType<typeof run> {
  for (const seconds of [1, 10]) {
    const ran = run(
      { program: `${program}; sleep 600` },
      { ...how, args: [`--seconds=${seconds}`] },
    );
    if (id() !== "") return ran;
  }
  return run({ program: `${program}; sleep 600` }, { ...how, args: ["--seconds=100"] });
}

const errorOf = ({ said }: ReturnType<typeof run>): string => (said.ok ? "" : said.error);

const NOISE = 'head -c 2500000 /dev/urandom >"$1/a.out"; sha256sum <"$1/a.out" >&2';

describe.each(SHELLS)("a collector of a team, under %s", (shell) => {
  it("leaves its output as one part and a manifest, and nothing else", async () => {
    const ran = run({ program: 'printf 12345 >"$1/Collection-PC [1].out"' }, { shell });
    expect(ran.said).toMatchObject({ ok: true, name: "Collection-PC [1].out", bytes: 5 });
    expect(ran.said).toMatchObject({ sha256: digest("12345"), parts: 1, notFetched: 0 });
    expect(ran.left).toEqual(["collected.1", "collected.json"]);
    expect(readdirSync(ran.folder)).toEqual([]);
    expect((await joined(ran)).toString()).toBe("12345");
  });

  it("leaves several parts if its output is larger than one, which join to the same", async () => {
    const ran = run({ program: NOISE }, { shell });
    expect(ran.said).toMatchObject({ bytes: 2_500_000, parts: 3, notFetched: 2 });
    expect(ran.left).toEqual(["collected.1", "collected.2", "collected.3", "collected.json"]);
    const whole = await joined(ran);
    expect(whole).toHaveLength(2_500_000);
    expect(ran.said).toMatchObject({ sha256: digest(whole) });
  });

  it("leaves as many parts as are fetched, none of them empty", async () => {
    const ran = run({ program: 'printf 123456789 >"$1/a.out"' }, { shell, args: ["--parts=3"] });
    expect(ran.said).toMatchObject({ parts: 3, notFetched: 0 });
    const sizes = [1, 2, 3].map((at) => readFileSync(`${ran.output}.${at}`, "utf8"));
    expect(sizes).toEqual(["123", "456", "789"]);
    expect((await joined(ran)).toString()).toBe("123456789");
  });

  it("is ended with all that it started when its time is over, and leaves nothing", async () => {
    const { program, id } = lasting(`${shell} hangs`);
    const ran = runHanging(`echo part >"$1/a.out"; ${program}`, { shell }, id);
    expect(errorOf(ran)).toMatch(/^the collector did not end within \d+ seconds$/);
    expect([ran.left, readdirSync(ran.folder)]).toEqual([[], []]);
    await hasEnded(id());
  });

  it("leaves nothing running that it started and did not wait for", async () => {
    const { program, id } = lasting(`${shell} ends`);
    const ran = run({ program: `${program}; echo x >"$1/a.out"` }, { shell });
    expect(ran.said).toMatchObject({ ok: true });
    await hasEnded(id());
  });

  it("gets its words as they are in its file", async () => {
    const words = ["-rf", "$(touch pwned) `id` ; & | ! 'a' \"b\" *", "x=%out%/y"];
    const program = 'for each do echo "$each"; done >"${3#x=}.out"; ls -A >>"${3#x=}.out"';
    const ran = run({ program, words }, { shell });
    const [first, second, third, ...here] = (await joined(ran)).toString().trimEnd().split("\n");
    expect([first, second]).toEqual(words.slice(0, 2));
    expect(third).toMatch(/^x=\/.*\/out\/y$/);
    expect(here).toEqual(["y.out"]);
  });

  it("fails with its last words, and leaves nothing, also not of an earlier time", () => {
    const { output } = run({ program: NOISE }, { shell });
    const program = 'echo x >"$1/a.out"; echo "no right" >&2; exit 3';
    const ran = run({ program }, { shell, output });
    expect(errorOf(ran)).toBe("the collector ended with 3: no right");
    expect(ran.left).toEqual([]);
  });
});

describe("the script that runs a collector", () => {
  const QUIET = 'echo x >"$1/a.out"';

  it("starts what is in an archive in its own folder, as UAC wants it", async () => {
    const from = mkdtempSync(join(top, "uac-"));
    mkdirSync(join(from, "uac-3", "lib"), { recursive: true });
    writeFileSync(join(from, "uac-3", "uac"), '#!/bin/sh\n[ -d lib ] && echo it >"$1/uac.out"\n');
    const pack = join(top, "uac.tar.gz");
    expect(spawnSync("tar", ["-czf", pack, "-C", from, "uac-3"]).status).toBe(0);
    const ran = run({ program: { pack: readFileSync(pack), start: "uac-3/uac" } });
    expect((await joined(ran)).toString()).toBe("it\n");
  });

  it("puts a pack together that was too large for one file of the library", async () => {
    const ran = run({ program: QUIET, brought: 3 });
    expect((await joined(ran)).toString()).toBe("x\n");
    expect(readdirSync(ran.folder)).toEqual([]);
  });

  it.each([
    ["a part of the pack is missing", (at: string) => rmSync(join(at, "pack.sh.2")), "pack.sh.2"],
    [
      "a part of the pack is another",
      (at: string) => copyFileSync(join(at, "pack.sh.1"), join(at, "pack.sh.2")),
      "pack.sh has another hash than expected",
    ],
    [
      "the collector file is another",
      (at: string) => writeFileSync(join(at, "collector.txt"), "pack evil.sh"),
      "collector.txt has another hash than --sha256",
    ],
    ["there is no collector file", (at: string) => rmSync(join(at, "collector.txt")), "neither"],
  ])("starts nothing if %s", (_, spoil, sentence) => {
    const mark = join(top, `started-${sentence.length}`);
    const ran = run({ program: `touch ${mark}; ${QUIET}`, brought: 2 }, { spoil });
    expect(errorOf(ran)).toContain(sentence);
    expect([existsSync(mark), ran.left]).toEqual([false, []]);
  });

  it.each([
    ["no output", ":", "the collector left no file that ends in .out"],
    ["two outputs", 'echo >"$1/a.out"; echo >"$1/b.out"', "left 2 files that end in .out"],
    ["an empty output", ': >"$1/a.out"', "its output has only 0 bytes"],
    ["a link", 'ln -s /etc/passwd "$1/a.out"', "left no file that ends in .out"],
    ["a folder", 'mkdir "$1/a.out"', "left no file that ends in .out"],
  ])("fails in a sentence if the collector leaves %s", (_, program, sentence) => {
    const ran = run({ program });
    expect(errorOf(ran)).toContain(sentence);
    expect([ran.left, readdirSync(ran.folder)]).toEqual([[], []]);
  });

  it("does not take the files that the collector took for its output", async () => {
    const ran = run({ program: `${QUIET}; mkdir "$1/var"; cp "$1/a.out" "$1/var/b.out"` });
    expect((await joined(ran)).toString()).toBe("x\n");
  });

  it("takes an output whatever its name, and says the name in ASCII", async () => {
    const ran = run({ program: `echo x >"$1/"'-rf "\n$(id) ü.out'` });
    expect(ran.said).toMatchObject({ ok: true, name: '-rf "?$(id) ??.out' });
    expect((await joined(ran)).toString()).toBe("x\n");
  });

  it.runIf(isRoot)("runs as another user, and says so", () => {
    expect(run({ program: QUIET }, { uid: 65_534 }).said).toMatchObject({
      ok: true,
      asRoot: false,
    });
    expect(run({ program: QUIET }).said).toMatchObject({ ok: true, asRoot: true });
  });

  it.runIf(MOUNTS)("says that there is no room on a full disk, and leaves nothing", () => {
    mountSmallDisk(small);
    try {
      const output = join(small, "collected");
      const full = run(
        { program: `${QUIET}; head -c 900000 /dev/zero >"$1/b" || exit 9` },
        { output },
      );
      expect(errorOf(full)).toContain("the collector ended with 9");
      expect(full.left).toEqual([]);
      const program = 'head -c 150000 /dev/zero >"$1/a.out"; head -c 60000 /dev/zero >"$1/b"';
      const parts = run({ program }, { output, args: ["--parts=2"] });
      expect(errorOf(parts)).toBe(`the disk of ${small}/ has no room`);
      expect(parts.left).toEqual([]);
    } finally {
      unmount(small);
    }
  });

  it.runIf(HAS_BASH)("ends what it started without setsid, too, which macOS lacks", async () => {
    const path = mkdtempSync(join(top, "bin-"));
    for (const name of NEEDED.split(" ")) symlinkSync(whereIs(name) ?? "", join(path, name));
    const { program, id } = lasting("without setsid");
    const ran = runHanging(program, { shell: "bash", path }, id);
    expect(errorOf(ran)).toContain("did not end within");
    await hasEnded(id());
  });

  it.each([
    [["--output=relative"], "--output is the full path of the output"],
    [["--parts=10"], "--parts is 1 to 9"],
    [["--megabytes=3000"], "--megabytes is 1 to 2900"],
    [["--seconds=600"], "--seconds is 1 to 480"],
    [["--collector=../collector.txt"], "--collector is the name of a library file"],
    [["--sha256=no"], "--sha256 is 64 hex digits"],
    [["--wipe"], "does not know the argument --wipe"],
  ])("refuses %j, in a sentence", (args, sentence) => {
    expect(errorOf(run({ program: QUIET }, { args }))).toContain(sentence);
  });

  it("refuses a collector file with a line that it does not know", () => {
    const ran = run({ program: QUIET, more: "\nwipe everything" });
    expect(errorOf(ran)).toBe("collector.txt has a line that is not known: wipe everything");
  });
});

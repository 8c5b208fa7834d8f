import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { canMount, mountSmallDisk, unmount } from "./small-disk.ts";

const SCRIPT = "library/collect-unix-triage.sh";
/** As a reader of the archive checks it. */
const HASHER =
  process.platform === "darwin" ? (["shasum", "-a", "256"] as const) : (["sha256sum"] as const);
const SHELLS = ["dash", "bash"].filter((name) => whereIs(name) !== null);
const isRoot = process.getuid?.() === 0;

const saidSchema = z.union([
  z.strictObject({
    ok: z.literal(true),
    archive: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    files: z.number(),
    notTaken: z.number(),
    days: z.number(),
    asRoot: z.boolean(),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lrq-library-"));
  folders.push(folder);
  return folder;
}

const small = mkdtempSync(join(tmpdir(), "lrq-small-"));
const MOUNTS = canMount(small);
afterAll(() => rmSync(small, { recursive: true }));

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function whereIs(program: string): string | null {
  const places = (process.env["PATH"] ?? "").split(delimiter).map((each) => join(each, program));
  return places.find((each) => existsSync(each)) ?? null;
}

/** A mounted disk with these files, by their path on it. */
function aDisk(files: Readonly<Record<string, string>>): string {
  const disk = newFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(disk, path)), { recursive: true });
    writeFileSync(join(disk, path), text);
  }
  chmodSync(disk, 0o755);
  return disk;
}

interface Run {
  readonly disk?: string;
  readonly shell?: string;
  readonly output?: string;
  readonly more?: readonly string[];
  readonly before?: string;
  readonly path?: string;
  readonly uid?: number;
}

function digest(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Runs the script, which says one line. */
function run({ disk, shell = "sh", more = [], before = "", path, uid, ...rest }: Run) {
  const folder = newFolder();
  if (uid !== undefined) chmodSync(folder, 0o777);
  const output = rest.output ?? join(folder, "triage.tar.gz");
  if (rest.output === undefined) writeFileSync(output, "an archive of an earlier time");
  const root = disk === undefined ? [] : [`--root=${disk}`];
  const script = [SCRIPT, `--output=${output}`, ...root, ...more];
  const { stdout, status } = spawnSync(
    whereIs(shell) ?? shell,
    ["-c", `${before} exec "$0" "$@"`, whereIs(shell) ?? shell, ...script],
    {
      encoding: "utf8",
      env: { PATH: path ?? process.env["PATH"] },
      ...(uid === undefined ? {} : { uid }),
    },
  );
  expect(stdout.split("\n")).toHaveLength(2);
  const said = saidSchema.parse(JSON.parse(stdout));
  expect(status).toBe(said.ok ? 0 : 1);
  return { said, folder, output };
}

/** The files in the archive, by their path, after each was compared with SHA256SUMS. */
function opened(archive: string): ReadonlyMap<string, string> {
  const into = newFolder();
  expect(spawnSync("tar", ["-xzf", archive, "-C", into]).status).toBe(0);
  const paths = readdirSync(into, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  const files = new Map(
    paths.map((each) => [each.slice(into.length + 1), readFileSync(each, "utf8")]),
  );
  const [hasher, ...options] = HASHER;
  const sums = spawnSync(hasher, [...options, "--strict", "-c", "SHA256SUMS"], { cwd: into });
  expect(sums.status).toBe(0);
  expect(files.get("SHA256SUMS")?.trimEnd().split("\n")).toHaveLength(files.size - 1);
  return files;
}

const DISK = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n",
  "etc/shadow": "root:$6$hash",
  "etc/cron.d/backdoor": "* * * * * root /tmp/x",
  "root/.bash_history": "curl example.com | sh",
  "home/ana/.ssh/authorized_keys": "ssh-ed25519 AAAA",
  "home/ana/.ssh/id_ed25519": "a private key",
  "var/log/auth.log": "sshd: accepted",
};

/** No file may become larger than 64 blocks, as on a disk that has no more room. */
const FULL = "ulimit -f 64;";

/** 25,600 digits that no archive makes much smaller. */
function noise(from: number): string {
  return Array.from({ length: 400 }, (_, at) => digest(`${from} ${at}`)).join("");
}

describe.each(SHELLS)("a triage of a Linux disk, under %s", (shell) => {
  it("has settings, histories and logs, and neither password hashes nor private keys", () => {
    const { said, output } = run({ disk: aDisk(DISK), shell });
    const files = opened(output);
    expect(said).toMatchObject({ ok: true, archive: output, notTaken: 0, days: 7 });
    expect(said).toMatchObject({
      sha256: digest(readFileSync(output)),
      bytes: readFileSync(output).length,
      files: files.size,
    });
    const taken = Object.keys(DISK).filter((each) => !/shadow|id_ed25519/.test(each));
    for (const path of taken) expect(files.get(`files/${path}`)).toBe(Reflect.get(DISK, path));
    expect(files.size).toBe(taken.length + 2);
  });

  it("takes files whatever their names are, follows no link, and says what it could not take", () => {
    const names = ["-rf", "a\nb", "$(touch pwned)", "'\"`", "* ?", "ü\t\\"];
    const logs = names.map((name) => [`var/log/${name}`, name] as const);
    const disk = aDisk({ "etc/passwd": "", ...Object.fromEntries(logs) });
    symlinkSync("/etc/hostname", join(disk, "var/log/link"));
    const { said, output } = run({ disk, shell });
    const files = opened(output);
    for (const name of names) expect(files.get(`files/var/log/${name}`)).toBe(name);
    expect(said).toMatchObject({ files: files.size });
    expect([...files.keys()].filter((each) => each.includes("link"))).toEqual([]);
    expect(said).toMatchObject({ ok: true, notTaken: 0 });
  });

  it("leaves out what is too much, says so, and takes what still fits", () => {
    const disk = aDisk({ ...DISK, "var/log/big": "x".repeat(2 * 1024 * 1024) });
    const { said, output } = run({ disk, shell, more: ["--megabytes=1"] });
    const files = opened(output);
    expect(said).toMatchObject({ ok: true, notTaken: 1 });
    expect(files.get("not-taken.txt")).toBe("no room was left: 2048 KiB\t/var/log/big\n");
    expect(files.has("files/var/log/auth.log")).toBe(true);
  });

  it("takes no log that is older than asked for", () => {
    const disk = aDisk(DISK);
    utimesSync(join(disk, "var/log/auth.log"), 0, 0);
    const { output } = run({ disk, shell, more: ["--days=90"] });
    expect(opened(output).has("files/var/log/auth.log")).toBe(false);
  });

  it("names the file that a full disk has no room for, and leaves nothing of it", () => {
    const big = noise(0) + noise(1) + noise(2);
    const { said, output } = run({ disk: aDisk({ ...DISK, "var/log/big": big }), before: FULL });
    const files = opened(output);
    expect(said).toMatchObject({ ok: true, notTaken: 1 });
    expect(files.get("not-taken.txt")).toBe("it could not be read or written\t/var/log/big\n");
    expect(files.has("files/var/log/big")).toBe(false);
  });

  it("says that the disk is full if there is no room for the archive, and leaves nothing", () => {
    const logs = [0, 1, 2, 3, 4, 5].map((each) => [`var/log/${each}`, noise(each)] as const);
    const disk = aDisk({ ...DISK, ...Object.fromEntries(logs) });
    const { said, folder } = run({ disk, before: FULL });
    expect(said).toEqual({ ok: false, error: `the disk of ${folder}/ has no room` });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the script for the triage of a Linux or macOS machine", () => {
  it("asks the machine it runs on what runs, who is there, and who talks to whom", () => {
    const { said, output, folder } = run({
      more: ["--days=1", "--megabytes=100", "--seconds=480"],
    });
    const files = opened(output);
    expect(said).toMatchObject({ ok: true, asRoot: isRoot });
    expect(files.get("processes/processes.txt")).toContain(process.pid.toString());
    expect(files.get("system/kernel.txt")).toMatch(/^(Linux|Darwin)/);
    expect(files.has("users/logged-in.txt")).toBe(true);
    expect(readdirSync(folder)).toEqual(["triage.tar.gz"]);
  });

  it.runIf(MOUNTS)("says what a small disk had no room for", () => {
    mountSmallDisk(small);
    try {
      const large = Array.from({ length: 12 }, (_, at) => noise(at)).join("");
      const disk = aDisk({ ...DISK, "var/log/large": large });
      const { said, output } = run({ disk, output: join(small, "triage.tar.gz") });
      expect(said).toMatchObject({ ok: true, notTaken: 1 });
      expect(opened(output).get("not-taken.txt")).toContain("/var/log/large");
      expect(readdirSync(small)).toEqual(["triage.tar.gz"]);
    } finally {
      unmount(small);
    }
  });

  it.runIf(isRoot)("takes what another user may read, and names the rest", () => {
    const disk = aDisk(DISK);
    chmodSync(join(disk, "var/log/auth.log"), 0o600);
    const { said, output } = run({ disk, uid: 65_534 });
    expect(said).toMatchObject({ ok: true, asRoot: false, notTaken: 1 });
    const files = opened(output);
    expect(files.get("not-taken.txt")).toBe("it could not be read or written\t/var/log/auth.log\n");
    expect(files.has("files/etc/passwd")).toBe(true);
  });

  it("needs neither timeout nor sha256sum, which macOS lacks", () => {
    const tools = newFolder();
    const needed =
      "sh cat cp cut date find gzip head id ls mkdir mktemp mv ps awk perl shasum sleep";
    for (const name of [...needed.split(" "), "rm", "sed", "sort", "tar", "tr", "wc", "uname"]) {
      const place = whereIs(name);
      if (place !== null) symlinkSync(place, join(tools, name));
    }
    const { said, output } = run({ path: tools, more: ["--seconds=480", "--days=1"] });
    expect(said).toMatchObject({ ok: true });
    const files = opened(output);
    expect(files.get("processes/processes.txt")).toContain(process.pid.toString());
    expect(files.get("not-taken.txt")).toContain("there is no mount here\tsystem/mounts.txt");
  });

  it("leaves no archive of an earlier time, although it refuses its arguments", () => {
    const { said, folder } = run({ disk: aDisk(DISK), more: ["--days=0"] });
    expect(said.ok).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["no path", ["--output="], "--output is the full path"],
    ["a path that is not full", ["--output=triage.tar.gz"], "--output is the full path"],
    ["a folder", ["--output=/tmp"], "--output is a folder"],
    ["a folder that is not there", ["--output=/nowhere/x.tar.gz"], "cannot write in /nowhere/"],
    ["no days", ["--days=0"], "--days is 1 to 90"],
    ["words for days", ["--days=7;id"], "--days is 1 to 90"],
    ["too many days", ["--days=99999999999999999999"], "--days is 1 to 90"],
    ["more than live response fetches", ["--megabytes=3000"], "--megabytes is 1 to 2900"],
    ["a word it does not know", ['--wipe="all"'], 'does not know the argument --wipe="all"'],
  ])("refuses %s, in a sentence", (_, more, sentence) => {
    const { said } = run({ disk: aDisk(DISK), more });
    expect(said.ok ? "" : said.error).toContain(sentence);
  });
});

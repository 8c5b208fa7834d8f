import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { digest } from "./opened.ts";
import { canMount, mountSmallDisk, unmount } from "./small-disk.ts";

const SCRIPT = "library/copy-file-for-collection.sh";
const places = (process.env["PATH"] ?? "").split(delimiter);
const SHELLS = ["dash", "bash"].filter((name) =>
  places.some((place) => existsSync(join(place, name))),
);
const isRoot = process.getuid?.() === 0;

const saidSchema = z.union([
  z.strictObject({
    ok: z.literal(true),
    archive: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    files: z.number(),
    notTaken: z.number(),
    taken: z.number(),
    asRoot: z.boolean(),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

const top = mkdtempSync(join(tmpdir(), "lrq-copy-"));
chmodSync(top, 0o777);
const disk = join(top, "disk");
const small = join(top, "small");
for (const folder of [disk, small, join(disk, "folder")]) mkdirSync(folder);
const MOUNTS = canMount(small);
const NAMES = ["-rf", "a\nb", "$(touch pwned)", "'\"`", "* ?", "ü;&|!", "end\n"];
for (const name of NAMES) writeFileSync(join(disk, "folder", name), name);
writeFileSync(join(disk, "empty"), "");
writeFileSync(join(disk, "sparse"), "");
truncateSync(join(disk, "sparse"), 1024 * 1024);
writeFileSync(join(disk, "large"), Buffer.alloc(2 * 1024 * 1024, 1));
writeFileSync(
  join(disk, "noise"),
  Array.from({ length: 9000 }, (_, at) => digest(`${at}`)).join(""),
);
symlinkSync("sparse", join(disk, "link"));
symlinkSync("..", join(disk, "folder", "around"));

afterAll(() => rmSync(top, { recursive: true, force: true }));

interface Run {
  readonly shell?: string;
  readonly output?: string;
  readonly more?: readonly string[];
  readonly uid?: number;
}

/** Runs the script for a path of the disk; it says one line. */
function run(path: string, { shell = "sh", more = [], ...rest }: Run = {}) {
  const output = rest.output ?? join(mkdtempSync(join(top, "out-")), "file.tar.gz");
  if (rest.uid !== undefined) chmodSync(join(output, ".."), 0o777);
  const encoded = Buffer.from(path).toString("base64url");
  const words = [SCRIPT, `--path=${encoded}`, `--output=${output}`, ...more];
  const { stdout, status } = spawnSync(shell, words, {
    encoding: "utf8",
    ...(rest.uid === undefined ? {} : { uid: rest.uid }),
  });
  expect(stdout.split("\n")).toHaveLength(2);
  const said = saidSchema.parse(JSON.parse(stdout));
  expect(status).toBe(said.ok ? 0 : 1);
  const left = readdirSync(join(output, ".."));
  return { said, output, left };
}

/** The files of the disk in the archive, and not-taken.txt, after sums and line were compared. */
function opened({ said, output, left }: ReturnType<typeof run>) {
  expect(left).toEqual(["file.tar.gz"]);
  expect(said).toMatchObject({ ok: true, sha256: digest(readFileSync(output)) });
  const into = mkdtempSync(join(top, "in-"));
  expect(spawnSync("tar", ["-xzf", output, "-C", into]).status).toBe(0);
  const files = new Map(
    readdirSync(into, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name))
      .map((path) => [path.slice(into.length + 1), readFileSync(path, "utf8")] as const),
  );
  const sums = files.get("SHA256SUMS")?.trimEnd().split("\n") ?? [];
  expect(sums).toHaveLength(files.size - 1);
  for (const text of [...files].filter(([name]) => name !== "SHA256SUMS").map(([, each]) => each)) {
    expect(sums.some((line) => line.includes(digest(text)))).toBe(true);
  }
  expect(said).toMatchObject({ files: files.size });
  return { files, missed: (files.get("not-taken.txt") ?? "").split("\n").slice(0, -1) };
}

describe.each(SHELLS)("a file that live response cannot fetch, under %s", (shell) => {
  it.each(["empty", "sparse", "link", ...NAMES.map((name) => `folder/${name}`)])(
    "is in the archive: %j",
    (name) => {
      const ran = run(join(disk, name), { shell });
      const { files, missed } = opened(ran);
      expect(files.get(join("files", disk, name))).toBe(readFileSync(join(disk, name), "utf8"));
      expect(ran.said).toMatchObject({ taken: 1, notTaken: 0 });
      expect(missed).toEqual([]);
    },
  );

  it("is in the archive with all others of its folder, but for links", () => {
    const ran = run(`${disk}/folder`, { shell });
    const { files, missed } = opened(ran);
    for (const name of NAMES) expect(files.get(join("files", disk, "folder", name))).toBe(name);
    expect(ran.said).toMatchObject({ taken: NAMES.length, notTaken: 1 });
    expect(missed).toEqual([`it is no file\t${disk}/folder/around`]);
  });

  it("is no archive if it is too much, but a sentence, also if there was an archive before", () => {
    const { output } = run(join(disk, "empty"), { shell });
    const { said, left } = run(join(disk, "large"), { shell, output, more: ["--megabytes=1"] });
    const error = `nothing of ${disk}/large could be taken: no room was left: 2048 KiB`;
    expect(said).toEqual({ ok: false, error });
    expect(left).toEqual([]);
  });
});

describe("the script that copies a file for collection", () => {
  it("takes no part of its own work", () => {
    const output = join(mkdtempSync(join(top, "itself-")), "file.tar.gz");
    writeFileSync(join(output, "..", "a"), "a");
    const { said } = run(join(output, ".."), { output });
    expect(said).toMatchObject({ ok: true, taken: 1, notTaken: 0 });
  });

  it.runIf(isRoot)("takes what another user may read, and names the rest", () => {
    const folder = mkdtempSync(join(top, "rights-"));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "open"), "open");
    writeFileSync(join(folder, "closed"), "closed", { mode: 0o600 });
    mkdirSync(join(folder, "below"), { mode: 0o700 });
    const ran = run(folder, { uid: 65_534 });
    expect(opened(ran).missed).toEqual([
      `it could not be read or written\t${folder}/closed`,
      `it could not be read\t${folder}/below`,
    ]);
    expect(ran.said).toMatchObject({ taken: 1, asRoot: false });
  });

  it.runIf(MOUNTS)("says that there is no room on a full disk, and leaves nothing", () => {
    mountSmallDisk(small);
    try {
      const { said, left } = run(join(disk, "noise"), { output: join(small, "file.tar.gz") });
      expect(said.ok ? "" : said.error).toContain("it could not be read or written");
      expect(left).toEqual([]);
    } finally {
      unmount(small);
    }
  });

  it.each([
    ["a path that is not full", "etc/hosts", [], "--path is base64url of a full path"],
    ["a path that goes back", "/etc/../etc/hosts", [], "--path has a .. in it"],
    ["a path to nothing", "/no/such", [], "there is no /no/such"],
    ["what is no file", "/dev/null", [], "/dev/null is no file and no folder"],
    ["what is not encoded", "/", ["--path=/etc/hosts"], "--path is base64url of a full path"],
    ["more than live response fetches", "/etc", ["--megabytes=3000"], "--megabytes is 1 to 2900"],
    ["a word it does not know", "/etc", ["--wipe"], "does not know the argument --wipe"],
  ])("refuses %s, in a sentence", (_, path, more, sentence) => {
    const { said } = run(path, { more });
    expect(said.ok ? "" : said.error).toContain(sentence);
  });
});

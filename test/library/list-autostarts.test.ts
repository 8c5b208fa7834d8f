import { spawnSync } from "node:child_process";
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRows } from "../../shared/evidence/rows/read-rows.ts";
import { diskWithWork, plist, put, putProgram } from "./a-disk.ts";
import { columnsFor, formFor, listed, rowsIn, SHELLS } from "./listed.ts";
import { digest } from "./opened.ts";
import { canMount, mountSmallDisk, unmount } from "./small-disk.ts";

const AUTOSTARTS = "list-autostarts.sh";
const WORK = "list-scheduled-work.sh";
const PATH = process.env["PATH"] ?? "";
const isRoot = process.getuid?.() === 0;

const top = mkdtempSync(join(tmpdir(), "lrq-list-"));
chmodSync(top, 0o777);
const disk = join(top, "disk");
const mac = join(top, "mac");
const small = join(top, "small");
for (const folder of [disk, mac, small]) mkdirSync(folder);
diskWithWork(disk);
const EVERY_HOUR = "\n  <key>StartInterval</key>\n  <integer>3600</integer>";
const AT_NINE =
  "\n  <key>StartCalendarInterval</key>\n  <dict><key>Hour</key><integer>9</integer></dict>";
put(mac, "Library/LaunchDaemons/a.plist", plist("com.a", ["/usr/bin/a", "-x &amp; y"]));
put(mac, "Library/LaunchAgents/b.plist", plist("com.b", ["/usr/bin/b"], EVERY_HOUR));
put(mac, "Users/ana/Library/LaunchAgents/c.plist", plist("com.c", ["/tmp/c"], AT_NINE));
putProgram(mac, "usr/bin/a", "a");
const MOUNTS = canMount(small);

afterAll(() => rmSync(top, { recursive: true, force: true }));

/** An environment in which this command is a script of these lines. */
function standIn(name: string, lines: string): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(top, "bin-"));
  putProgram(folder, name, `#!/bin/sh\n${lines}\n`);
  return { PATH: `${folder}${delimiter}${PATH}` };
}

/** Rows as short texts: the columns that a person looks at first. */
function shown(rows: ReturnType<typeof rowsIn>, ...names: readonly string[]) {
  return rows.map((row) => names.map((name) => row[name]).join(" | ")).toSorted();
}

describe.each(SHELLS)("autostarts of a disk, under %s", (shell) => {
  const autostarts = (root: string) =>
    rowsIn(listed(top, AUTOSTARTS, { shell, more: [`--root=${root}`] }));

  it("are units and what changes them, cron, scripts, profiles, preloads and desktops", () => {
    const crons = "/etc/cron.d/backup /etc/crontab /var/spool/cron/crontabs/ana".split(" ");
    const preload = "/etc/ld.so.preload";
    const units = "/usr/lib/systemd/system";
    expect(shown(autostarts(disk), "kind", "place", "user", "schedule", "command")).toEqual(
      [
        `systemd | ${units}/ssh.service | root |  | -/usr/sbin/sshd -t`,
        `systemd | ${units}/ssh.service | root |  | /usr/sbin/sshd -D    $SSHD_OPTS`,
        `systemd | /etc/systemd/system/ssh.service.d/more.conf | root |  | !/home/ana/.cache/updater "q"`,
        "systemd | /lib/systemd/system/serve@.service |  |  | /usr/bin/old-place %i",
        "timer | /lib/systemd/system/tidy.service |  | OnCalendar=daily OnBootSec=5min | /usr/bin/old-place --tidy",
        `cron | ${crons[0]} | ana | @reboot | "/opt/a b/run" now`,
        `cron | ${crons[1]} | root | 17 * * * * | cd / && run-parts x`,
        "cron | /etc/anacrontab | root | 1 5 | nice run-parts y",
        `cron | ${crons[2]} | ana | */5 * * * * | A=1 B=2 /home/ana/.cache/updater -q`,
        "cron | /etc/cron.daily/logrotate | root | daily | /etc/cron.daily/logrotate",
        "rc | /etc/rc.local | root |  | /etc/rc.local",
        "profile | /etc/profile.d/a.sh |  |  | /etc/profile.d/a.sh",
        `preload | ${preload} |  |  | /tmp/evil.so`,
        `preload | ${preload} |  |  | /tmp/other.so`,
        "profile | /home/ana/.bashrc | ana |  | /home/ana/.bashrc",
        "xdg | /home/ana/.config/autostart/x.desktop | ana |  | /usr/bin/x --y %U",
      ].toSorted(),
    );
  });

  it("have the program, its hash, its time and the package that it is of", () => {
    const rows = autostarts(disk);
    const of = (command: string) => rows.find((row) => row["command"] === command);
    expect(of("-/usr/sbin/sshd -t")).toMatchObject({
      path: "/usr/sbin/sshd",
      origin: "openssh-server",
      sha256: digest("sshd"),
      written: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(of("A=1 B=2 /home/ana/.cache/updater -q")).toMatchObject({
      path: "/home/ana/.cache/updater",
      origin: "",
      sha256: digest("bad"),
    });
    expect(of("/usr/bin/old-place %i")).toMatchObject({ origin: "cron" });
    expect(of('"/opt/a b/run" now')).toMatchObject({ path: "/opt/a b/run", sha256: "" });
  });

  it("are lists of launchd on a Mac, and those with a time are work", () => {
    expect(shown(autostarts(mac), "name", "user", "schedule", "command", "sha256")).toEqual([
      `com.a | root |  | /usr/bin/a -x & y | ${digest("a")}`,
      "com.b |  | every 3600 s | /usr/bin/b | ",
      "com.c | ana | Hour 9 | /tmp/c | ",
    ]);
    const work = rowsIn(listed(top, WORK, { shell, more: [`--root=${mac}`] }));
    expect(shown(work, "name")).toEqual(["com.b", "com.c"]);
  });

  it("that run at a set time are listed as work, too, with the jobs of at", () => {
    const rows = rowsIn(listed(top, WORK, { shell, more: [`--root=${disk}`] }));
    const commands = shown(rows, "kind", "name", "command");
    expect(commands).toHaveLength(7);
    expect(commands).toContain("at | a0001 | /bin/boom");
    expect(commands).toContain("timer | tidy.timer | /usr/bin/old-place --tidy");
    expect(commands).toContain("cron | cron.daily | nice run-parts y");
  });

  it("have hostile names and commands as they are, but for control characters", () => {
    const root = mkdtempSync(join(top, "hostile-"));
    const names = ["a\nb", '"\\', "$(touch pwned)", "-rf ü", "\u001f|", "`id`"];
    for (const name of names) putProgram(root, `etc/profile.d/${name}`);
    put(root, "etc/cron.d/x", ['@daily root echo "\\" \t\u0007\u001fend', "@daily root caf\xe9"]);
    writeFileSync(join(root, "etc/cron.d/y"), Buffer.from([0x40, 0x61, 32, 0x62, 32, 0xff, 0, 10]));
    const rows = autostarts(root);
    expect(
      shown(
        rows.filter((row) => row["kind"] === "profile"),
        "name",
      ),
    ).toEqual(["a?b", '"\\', "$(touch pwned)", "-rf ü", "?|", "`id`"].toSorted());
    const commands = shown(
      rows.filter((row) => row["kind"] === "cron"),
      "command",
    );
    expect(commands).toEqual(["caf\xe9", 'echo "\\"  ??end', "\ufffd?"].toSorted());
  });

  it("are cut at the most rows and bytes, and the line says so", () => {
    const few = listed(top, AUTOSTARTS, { shell, more: [`--root=${disk}`, "--rows=5"] });
    expect(few.said).toMatchObject({ rows: 5, cut: 11 });
    expect(rowsIn(few)).toHaveLength(5);
    const root = mkdtempSync(join(top, "large-"));
    put(root, "etc/cron.d/long", [`@daily root ${"x".repeat(9_000)}`, "@daily root /bin/short"]);
    const short = listed(top, AUTOSTARTS, { shell, more: [`--root=${root}`] });
    expect(short.said).toMatchObject({ rows: 2, shortened: 1, cut: 0 });
    expect(rowsIn(short).map((row) => row["command"]?.length)).toContain(4_003);
    const none = listed(top, AUTOSTARTS, { shell, more: [`--root=${root}`, "--kilobytes=1"] });
    expect(none.said).toMatchObject({ ok: true });
    expect(none.said.ok && none.said.rows + none.said.cut).toBe(2);
  });

  it("are a file with no rows, which live response can fetch, where there are none", () => {
    const root = mkdtempSync(join(top, "empty-"));
    const ran = listed(top, AUTOSTARTS, { shell, more: [`--root=${root}`] });
    expect(rowsIn(ran)).toEqual([]);
    expect(ran.said).toMatchObject({ rows: 0, notRead: [] });
    expect(ran.said.ok && ran.said.bytes).toBeGreaterThan(0);
  });

  it("of this machine itself are rows as their profiles read them", async () => {
    for (const script of [AUTOSTARTS, WORK]) {
      const ran = listed(top, script, { shell });
      const rows = rowsIn(ran);
      for (const row of rows) expect(Object.keys(row)).toEqual(columnsFor(script));
      const read = await readRows("GetFile", createReadStream(ran.output), formFor(script));
      expect(read).toMatchObject({ wrongCount: 0, cut: null, trouble: null });
      expect(read.rows).toHaveLength(rows.length);
    }
  });
});

describe("a script that lists rows", () => {
  it.each([
    [["--output=rows"], "--output is the full path of the file"],
    [["--output=/tmp/"], "--output is the full path of the file"],
    [["--rows=0"], "--rows is 1 to 99999"],
    [["--kilobytes=9999"], "--kilobytes is 1 to 4096"],
    [["--seconds=481"], "--seconds is 1 to 480"],
    [["--what=1"], "it does not know the argument --what=1"],
    [["--output=/nowhere/rows"], "cannot write in /nowhere/"],
  ])("says what is wrong with %j", (more, error) => {
    expect(listed(top, AUTOSTARTS, { more }).said).toEqual({ ok: false, error });
  });

  it("leaves no file of an earlier time if it fails", () => {
    const ran = listed(top, AUTOSTARTS, { more: [`--root=${disk}`] });
    rowsIn(ran);
    const { output } = ran;
    const failed = listed(top, AUTOSTARTS, { output, more: ["--seconds=0"] });
    expect([failed.said.ok, failed.left]).toEqual([false, []]);
  });

  it("leaves no file of an earlier time if it is killed, and none if a row is lost", () => {
    const { output } = listed(top, AUTOSTARTS, { more: [`--root=${disk}`] });
    const words = [`library/${AUTOSTARTS}`, `--output=${output}`, `--root=${disk}`];
    const killed = spawnSync("sh", words, { env: standIn("mktemp", "kill -9 $PPID") });
    expect([killed.signal, existsSync(output)]).toEqual(["SIGKILL", false]);
    const losing = `case $* in *xdg*) exit 2 ;; esac\nexec awk "$@"`;
    const { PATH: path = "" } = standIn("awk", `PATH=${PATH}\n${losing}`);
    const { said, left } = listed(top, AUTOSTARTS, { output, path, more: [`--root=${disk}`] });
    expect([said.ok, left]).toEqual([false, []]);
  });

  it.runIf(isRoot)("says what it could not read without root", () => {
    const root = mkdtempSync(join(top, "closed-"));
    put(root, "var/spool/cron/crontabs/ana", ["@daily /bin/x"]);
    put(root, "etc/crontab", ["@daily root /bin/y"]);
    chmodSync(root, 0o755);
    chmodSync(join(root, "var/spool/cron/crontabs"), 0o700);
    chmodSync(join(root, "etc/crontab"), 0o600);
    const ran = listed(top, AUTOSTARTS, { uid: 65_534, more: [`--root=${root}`] });
    expect(rowsIn(ran)).toEqual([]);
    expect(ran.said).toMatchObject({
      asRoot: false,
      notRead: ["/etc/crontab could not be read", "/var/spool/cron/crontabs could not be read"],
    });
  });

  it.runIf(MOUNTS)("says that the disk is full, and leaves nothing", () => {
    mountSmallDisk(small);
    try {
      writeFileSync(join(small, "filler"), Buffer.alloc(232 * 1024));
      const root = mkdtempSync(join(top, "many-"));
      const noise = Array.from({ length: 3_000 }, (_, at) => `@daily root ${digest(`${at}`)}`);
      put(root, "etc/cron.d/many", noise);
      const output = join(small, "rows.ndjson.gz");
      const ran = listed(top, AUTOSTARTS, { output, more: [`--root=${root}`] });
      expect(ran.said).toEqual({ ok: false, error: `the disk of ${small}/ has no room` });
      expect(ran.left).toEqual(["filler"]);
    } finally {
      unmount(small);
    }
  });
});

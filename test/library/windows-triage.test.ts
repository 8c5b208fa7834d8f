import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digest, rowsOf } from "./opened.ts";
import { HAS_PWSH, scenariosOf, WHERE } from "./scenarios.ts";
import { canMount, mountSmallDisk, unmount } from "./small-disk.ts";

const scenarios = scenariosOf("Collect-WindowsTriage.ps1", "Invoke-Triage");

/** What a scenario has: a machine, and the arguments of the script. */
interface Scenario {
  readonly disk?: Readonly<Record<string, string>>;
  readonly wanted?: Readonly<Record<string, unknown>>;
  readonly classes?: Readonly<Record<string, unknown>>;
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly logs?: Readonly<Record<string, string>>;
  /** Of the disk, those that a program keeps for itself. */
  readonly locked?: readonly string[];
  readonly shadow?: boolean;
  readonly links?: readonly (readonly [path: string, target: string])[];
  readonly output?: string;
  readonly arguments?: Readonly<Record<string, string | readonly string[]>>;
}

const small = join(scenarios.top, "small");
mkdirSync(small);
const MOUNTS = canMount(small);
const lists = new Map<string, string>();

/** Prepares the disk of a scenario, and says what the script is told. */
function given(name: string, scenario: Scenario): void {
  const folder = scenarios.folderOf(name);
  const disk = diskOf(name);
  mkdirSync(disk, { recursive: true });
  for (const [path, text] of Object.entries(scenario.disk ?? {})) {
    for (const place of scenario.shadow === true ? [disk, join(folder, "shadow", disk)] : [disk]) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
  }
  for (const [path, target] of scenario.links ?? []) symlinkSync(target, join(disk, path));
  const list = join(folder, "list.json");
  const patterns = [`${disk}/**/*`];
  const wanted = { version: 1, fileMegabytes: 5, eventLogMegabytes: 5, files: patterns };
  const none = { classes: [], registry: [], eventLogs: [] };
  writeFileSync(list, JSON.stringify({ ...wanted, ...none, ...scenario.wanted }));
  const output = scenario.output ?? join(folder, "out", "lrq", "archive.zip");
  const standard = { Days: "7", Megabytes: "500", Seconds: "60", Rest: [] };
  lists.set(name, list);
  scenarios.given(name, {
    output,
    node: process.execPath,
    classes: scenario.classes ?? {},
    keys: scenario.keys ?? {},
    logs: scenario.logs ?? {},
    locked: (scenario.locked ?? []).map((path) => join(disk, path)),
    shadow: scenario.shadow === true ? join(folder, "shadow") : "",
    arguments: { ...standard, List: list, Output: output, ...scenario.arguments },
  });
}

function diskOf(name: string): string {
  return join(scenarios.folderOf(name), "disk");
}

beforeAll(() => {
  if (MOUNTS) mountSmallDisk(small);
  scenarios.run();
});

afterAll(() => {
  if (MOUNTS) unmount(small);
  scenarios.end();
});

const PROGRAM = "a program";
const DISK = {
  "Windows/Prefetch/CMD.EXE-1.pf": "prefetch",
  "Windows/Prefetch/readme.txt": "no prefetch",
  "Users/ana/PSReadLine/ConsoleHost_history.txt": "iwr example.com",
  "Users/bo/PSReadLine/ConsoleHost_history.txt": "whoami",
  "Tasks/Microsoft/Windows/Backdoor": "<Task/>",
  "program.exe": PROGRAM,
};
const WRITES = "require('fs').writeFileSync(process.argv[1],'e'.repeat(1024*process.argv[2]))";

describe.runIf(HAS_PWSH)(`the triage of a Windows machine, ${WHERE}`, () => {
  const disk = diskOf("all");
  const patterns = ["Windows/Prefetch/*.pf", "Users/*/PSReadLine/*", "Tasks/**/*", "no/such/*"];
  given("all", {
    disk: DISK,
    wanted: {
      files: patterns.map((each) => `${disk}/${each}`),
      classes: [
        { file: "processes/processes", namespace: "n", class: "Win32_Process", hash: "Path" },
        { file: "autostart/wmi", namespace: "n", class: "__EventFilter" },
        { file: "users/users", namespace: "n", class: "Broken" },
      ],
      registry: ["Run", "Winlogon", "Closed"],
      eventLogs: ["Security", "A/B C", "None"],
    },
    classes: {
      Win32_Process: [
        { ProcessId: 4, ParentProcessId: 0, Path: `\\??\\${disk}/program.exe` },
        { ProcessId: 8, ParentProcessId: 4, Path: `${disk}/gone.exe` },
      ],
      __EventFilter: [
        {
          CimInstanceProperties: [
            { Name: "Name", Value: "ü\n\"'" },
            { Name: "When", Value: "2026-11-29T01:02:03+01:00" },
            { Name: "CreatorSID", Value: [1, 5, 32] },
            { Name: "Deep", Value: { a: { b: { c: { d: 1 } } } } },
          ],
        },
      ],
      Broken: "Invalid class",
    },
    keys: {
      Run: [{ key: "HKLM\\Run", name: "evil", kind: "String", value: "C:\\evil.exe" }],
      Winlogon: [{ key: "HKLM\\W", name: "DefaultPassword", kind: "String", value: "secret" }],
      Closed: "Access is denied.",
    },
    logs: {
      Security: WRITES,
      "A/B C": WRITES,
      None: "console.error('The channel is not there.');process.exit(15)",
    },
  });

  it("has what CIM says of processes, with the hashes of their programs", () => {
    const rows = rowsOf(scenarios.archiveOf("all").files.get("processes/processes.jsonl"));
    expect(rows).toMatchObject([
      { ProcessId: 4, sha256: digest(PROGRAM) },
      { ProcessId: 8, ParentProcessId: 4, sha256: null },
    ]);
  });

  it("writes times in UTC and whatever a name has in it, and stops where an object is deep", () => {
    const [row] = rowsOf(scenarios.archiveOf("all").files.get("autostart/wmi.jsonl"));
    expect(row).toMatchObject({ Name: "ü\n\"'", When: "2026-11-29T00:02:03.0000000Z" });
    expect(row).toMatchObject({ CreatorSID: [1, 5, 32], Deep: { a: { b: "@{c=}" } } });
  });

  it("has the values of the registry, but no password", () => {
    const text = scenarios.archiveOf("all").files.get("autostart/registry.jsonl");
    expect(rowsOf(text)).toMatchObject([
      { key: "HKLM\\Run", name: "evil", kind: "String", value: "C:\\evil.exe" },
      { name: "DefaultPassword", value: "(not taken)" },
    ]);
  });

  it("has the files of the patterns, and when each was written", () => {
    const { files } = scenarios.archiveOf("all");
    const taken = Object.keys(DISK).filter((each) => !/readme|program/.test(each));
    const names = taken.map((each) => `files${disk}/${each}`);
    expect([...files.keys()].filter((each) => each.startsWith("files/")).toSorted()).toEqual(
      names.toSorted(),
    );
    for (const path of taken) {
      expect(files.get(`files${disk}/${path}`)).toBe(Reflect.get(DISK, path));
    }
    const rows = rowsOf(files.get("files.jsonl"));
    expect(rows).toHaveLength(taken.length);
    expect(rows[0]).toMatchObject({ path: `${disk}/${taken[0]}`, bytes: 8 });
  });

  it("has the event logs of the days that were asked for", () => {
    const { files, said } = scenarios.archiveOf("all");
    expect(files.get("eventlogs/Security.evtx")).toHaveLength(7 * 1024);
    expect(files.has("eventlogs/A_B_C.evtx")).toBe(true);
    expect(said).toMatchObject({ days: 7, asAdministrator: true });
  });

  it("says what it could not take, and why", () => {
    expect(scenarios.archiveOf("all").missed).toEqual([
      "Invalid class\tn/Broken",
      "Access is denied.\tClosed",
      "its export failed: The channel is not there.\tNone",
    ]);
  });

  it("keeps the folder of the archive for the system and its administrators", () => {
    const { output } = scenarios.outcomeOf("all");
    expect(existsSync(join(dirname(output), "protected"))).toBe(true);
  });

  const NAMES = [
    "-rf",
    "a\nb",
    "$(x)",
    "'\"`",
    "* ?",
    "ü\t",
    "a[1]",
    "end.",
    "end ",
    "%002e",
    "A",
    "a",
  ];
  given("hostile names", {
    disk: Object.fromEntries(NAMES.map((name) => [`d/${name}`, name])),
    links: [
      ["d/link", "/etc/hostname"],
      ["d/around", ".."],
    ],
  });

  it("takes files whatever their names are, each under a name of its own, and no link", () => {
    const { files, missed } = scenarios.archiveOf("hostile names");
    const at = diskOf("hostile names");
    const names = [...files.keys()].filter((each) => each.startsWith(`files${at}/d/`));
    expect(names).toHaveLength(NAMES.length);
    expect(new Set(names.map((each) => each.toLowerCase())).size).toBe(NAMES.length);
    for (const name of names) expect(name).toMatch(/^[^\p{Cc}:*?"<>|\\]*[^. ]$/u);
    const paths = rowsOf(files.get("files.jsonl"));
    for (const name of NAMES) {
      const entry = paths.find((each) => Reflect.get(Object(each), "path") === `${at}/d/${name}`);
      expect(files.get(String(Reflect.get(Object(entry), "entry")))).toBe(name);
    }
    expect(missed).toEqual([`a link, or kept elsewhere\t${at}/d/link`]);
  });

  const big = "x".repeat(1024 * 1024);
  given("no room", {
    disk: { a: big.slice(1024 * 600), b: big.slice(1024 * 100), c: "c" },
    arguments: { Megabytes: "1" },
    wanted: {
      fileMegabytes: 1,
      files: ["a", "b", "c"].map((each) => `${diskOf("no room")}/${each}`),
    },
  });
  given("large file", { disk: { a: big + big, b: "b" }, wanted: { fileMegabytes: 1 } });

  it("leaves out what is too much, says so, and takes what still fits", () => {
    const { files, missed } = scenarios.archiveOf("no room");
    const at = diskOf("no room");
    expect(missed).toEqual([`no room was left: 924 KiB\t${at}/b`]);
    expect(files.get(`files${at}/c`)).toBe("c");
    expect(scenarios.archiveOf("large file").missed).toEqual([
      `it has 2048 KiB, more than 1 MiB\t${diskOf("large file")}/a`,
    ]);
  });

  const GROWS = WRITES.replace("1024*", "1024*300*");
  given("large logs", {
    wanted: { eventLogMegabytes: 1, eventLogs: ["Busy", "Busiest"] },
    logs: { Busy: GROWS, Busiest: GROWS.replace("300", "3000") },
  });

  it("takes the last day of an event log whose days are too much, or nothing", () => {
    const { files, missed } = scenarios.archiveOf("large logs");
    expect(files.get("eventlogs/Busy.evtx")).toHaveLength(300 * 1024);
    expect(files.has("eventlogs/Busiest.evtx")).toBe(false);
    expect(missed).toEqual([
      "only its last day is here: no room was left\tBusy",
      "no room was left\tBusiest",
    ]);
  });

  given("no time", {
    wanted: { eventLogs: ["Slow", "Next"] },
    logs: { Slow: "setTimeout(()=>{},1e6)", Next: WRITES },
    arguments: { Seconds: "1" },
  });

  it("ends an export that takes too long, and begins nothing more", () => {
    const { files, missed } = scenarios.archiveOf("no time");
    expect(missed).toEqual(["no time was left\tSlow", "no time was left\tNext"]);
    expect([...files.keys()]).toContain("files.jsonl");
  });

  given("locked", {
    disk: { "Amcache.hve": "hive", b: "b" },
    locked: ["Amcache.hve"],
    shadow: true,
  });
  given("locked for good", { disk: { a: "hive", b: "b" }, locked: ["a"] });

  it("reads a locked file from a shadow copy, which it removes", () => {
    const { files } = scenarios.archiveOf("locked");
    expect(files.get(`files${diskOf("locked")}/Amcache.hve`)).toBe("hive");
    expect(existsSync(join(scenarios.folderOf("locked"), "shadow/removed"))).toBe(true);
    expect(scenarios.archiveOf("locked for good").missed).toEqual([
      `it is locked, and there is no shadow copy\t${diskOf("locked for good")}/a`,
    ]);
  });

  given("full disk", {
    disk: { noise: Array.from({ length: 8000 }, (_, at) => digest(`${at}`)).join("") },
    output: join(small, "archive.zip"),
  });

  it.runIf(MOUNTS)("says that the disk is full, and leaves nothing", () => {
    expect(scenarios.errorOf("full disk")).toContain("No space left on device");
    expect(scenarios.outcomeOf("full disk").left).toEqual([]);
  });

  const REFUSED = [
    ["no path", { Output: "" }, "-Output is the full path"],
    ["a path that is not full", { Output: "triage.zip" }, "-Output is the full path"],
    ["a folder", { Output: tmpdir() }, "-Output is a folder"],
    ["a folder that cannot be", { Output: "/dev/null/x.zip" }, "cannot write in /dev/null"],
    ["no days", { Days: "0" }, "-Days is 1 to 90"],
    ["words for days", { Days: "7;id" }, "-Days is 1 to 90"],
    ["too many days", { Days: "99999999999" }, "-Days is 1 to 90"],
    ["more than live response fetches", { Megabytes: "3000" }, "-Megabytes is 1 to 2900"],
    ["a word it does not know", { Rest: ["-Wipe"] }, "does not know the argument -Wipe"],
  ] as const;
  for (const [name, told] of REFUSED) given(name, { arguments: told });

  it.each(REFUSED)("refuses %s, in a sentence", (name, _, sentence) => {
    expect(scenarios.errorOf(name)).toContain(sentence);
  });

  it("removes the list that PutFile brought, whatever happens", () => {
    expect(lists.size).toBeGreaterThan(REFUSED.length);
    expect([...lists.values()].filter((each) => existsSync(each))).toEqual([]);
  });
});

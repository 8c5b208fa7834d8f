import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { columnsFor } from "./listed.ts";
import { digest, rowsOf } from "./opened.ts";
import { HAS_PWSH, scenariosOf, WHERE } from "./scenarios.ts";

const saidSchema = z.union([
  z.strictObject({
    ok: z.literal(true),
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    rows: z.number(),
    cut: z.number(),
    shortened: z.number(),
    notRead: z.array(z.string()),
    asAdministrator: z.literal(true),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);
const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Scenarios of a script that lists rows, and the rows that came of each. */
function listsOf(script: string) {
  const scenarios = scenariosOf(script, "Invoke-List");
  return {
    folderOf: scenarios.folderOf,
    run: scenarios.run,
    end: scenarios.end,
    given: (name: string, machine: object, words: Readonly<Record<string, unknown>> = {}) => {
      const output = join(scenarios.folderOf(`${name} out`), "rows.ndjson.gz");
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, "rows of an earlier time");
      const standard = { Kilobytes: "1024", Seconds: "300", Rest: [], Output: output };
      scenarios.given(name, { output, ...machine, arguments: { ...standard, ...words } });
    },
    saidOf: (name: string) => scenarios.ranOf(name, saidSchema),
    rowsOf: (name: string) => {
      const { said, left, output } = scenarios.ranOf(name, saidSchema);
      expect(left).toEqual(["rows.ndjson.gz"]);
      const bytes = readFileSync(output);
      const about = { ok: true, file: output, bytes: bytes.length, sha256: digest(bytes) };
      expect(said).toMatchObject(about);
      const rows = rowsOf(gunzipSync(bytes).toString("ascii")).map((row) => rowSchema.parse(row));
      expect(said).toMatchObject({ rows: rows.length });
      for (const row of rows) expect(Object.keys(row)).toEqual(columnsFor(script));
      return rows;
    },
  };
}

const RUN = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
const USER_RUN = "HKEY_USERS\\*\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
const WINLOGON = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";
const LSA = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa";
const SERVICES = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services";

const autostarts = listsOf("Get-Autostart.ps1");
const disk = autostarts.folderOf("disk");
const evil = join(disk, "Users", "ana", "AppData", "evil.exe");
const startup = join(disk, "Users", "ana", "Startup");
for (const folder of [dirname(evil), startup]) mkdirSync(folder, { recursive: true });
writeFileSync(evil, "bad");
writeFileSync(join(startup, "a.lnk"), "");
writeFileSync(join(startup, "b.bat"), "echo");
writeFileSync(join(startup, "desktop.ini"), "");

const value = (key: string, name: string, data: unknown) => {
  return { key, name, kind: "String", value: data };
};
const userKey = USER_RUN.replace("*", "S-1-5-21-7");
const TASKS = [
  {
    TaskPath: "\\Microsoft\\",
    TaskName: "Daily",
    State: 3,
    Principal: { UserId: "SYSTEM" },
    Triggers: [
      { CimClass: { CimClassName: "MSFT_TaskDailyTrigger" }, StartBoundary: "at three" },
      { CimClass: { CimClassName: "MSFT_TaskLogonTrigger" } },
    ],
    Actions: [
      { Execute: "C:\\Program Files\\x y\\run", Arguments: "-q" },
      { ClassId: "{0ABC}", Data: "$(Arg0)" },
    ],
  },
  {
    TaskPath: "\\",
    TaskName: "Grouped",
    State: 4,
    Principal: { GroupId: "Users" },
    Triggers: [],
    Actions: [{ Execute: "cmd.exe", Arguments: "/c x" }],
  },
  { TaskPath: "\\", TaskName: "Off", State: 1, Actions: [{ Execute: "off.exe" }] },
];
const MACHINE = {
  keys: {
    [RUN]: [
      value(RUN, "Good", '"C:\\Program Files\\Good\\good.exe" /min'),
      value(RUN, "Evil", `"${evil}" -x`),
      value(RUN, "Empty", ""),
    ],
    [USER_RUN]: [value(userKey, "Sync", "%APPDATA%\\sync.exe --go")],
    [WINLOGON]: [
      value(WINLOGON, "Shell", "explorer.exe"),
      value(WINLOGON, "DefaultPassword", "secret"),
    ],
    [LSA]: [value(LSA, "Security Packages", ["a", "b"])],
    [`${SERVICES}\\*\\Parameters`]: [
      value(`${SERVICES}\\Cdp\\Parameters`, "ServiceDll", "C:\\Windows\\System32\\cdp.dll"),
    ],
  },
  classes: {
    Win32_Service: [
      { Name: "Cdp_3a2b1", PathName: "C:\\Windows\\svchost.exe -k u", StartName: null },
      { Name: "W32", PathName: "C:\\a b\\w32.exe /service", StartName: "LocalSystem" },
    ],
    MSFT_ScheduledTask: TASKS,
    CommandLineEventConsumer: [{ Name: "c", CommandLineTemplate: "powershell.exe -enc x" }],
    ActiveScriptEventConsumer: "Access denied",
  },
  signers: { "evil.exe": "" },
  target: "C:\\tools\\t.exe",
};

beforeAll(() => autostarts.run());
afterAll(() => autostarts.end());

describe.runIf(HAS_PWSH)(`autostarts of Windows, ${WHERE}`, () => {
  const folders = { folders: [join(startup, "*")] };
  autostarts.given("all", MACHINE, folders);
  autostarts.given("signed", { ...MACHINE, signers: { "evil.exe": "Corp" } }, folders);
  autostarts.given("small", MACHINE, { ...folders, Kilobytes: "1" });
  autostarts.given("none", { keys: {}, classes: {} }, { folders: [] });
  autostarts.given(
    "strange",
    { keys: { [RUN]: [value(RUN, "ü\u0007", `"\\\n${"x".repeat(5_000)}`)] }, classes: {} },
    { folders: [] },
  );
  autostarts.given("wrong", MACHINE, { Kilobytes: "9999" });
  autostarts.given("late", MACHINE, { ...folders, Seconds: "0" });

  it("are values of the registry, startup folders, services, tasks and consumers", () => {
    const shown = autostarts.rowsOf("all").map((row) => {
      return [row["kind"], row["place"], row["name"], row["user"], row["command"], row["path"]]
        .map(String)
        .join(" | ")
        .replaceAll(disk, "DISK");
    });
    const task = "task | \\Microsoft\\ | Daily | SYSTEM";
    const folder = "startup-folder | DISK/Users/ana/Startup";
    expect(new Set(shown)).toEqual(
      new Set([
        `registry | ${RUN} | Good |  | "C:\\Program Files\\Good\\good.exe" /min | C:\\Program Files\\Good\\good.exe`,
        `registry | ${RUN} | Evil |  | "${evil}" -x | ${evil}`.replaceAll(disk, "DISK"),
        `registry | ${userKey} | Sync | S-1-5-21-7 | %APPDATA%\\sync.exe --go | %APPDATA%\\sync.exe`,
        `registry | ${WINLOGON} | Shell |  | explorer.exe | explorer.exe`,
        `registry | ${LSA} | Security Packages |  | a b | a`,
        `${folder} | a.lnk | ana | C:\\tools\\t.exe --from-link | C:\\tools\\t.exe`,
        `${folder} | b.bat | ana | DISK/Users/ana/Startup/b.bat | DISK/Users/ana/Startup/b.bat`,
        `service | ${SERVICES}\\Cdp_* | Cdp_* |  | C:\\Windows\\svchost.exe -k u | C:\\Windows\\System32\\cdp.dll`,
        `service | ${SERVICES}\\W32 | W32 | LocalSystem | C:\\a b\\w32.exe /service | C:\\a b\\w32.exe`,
        `${task} | C:\\Program Files\\x y\\run -q | C:\\Program Files\\x y\\run`,
        `${task} | {0ABC} $(Arg0) | `,
        "task | \\ | Grouped | Users | cmd.exe /c x | cmd.exe",
        "wmi | root/subscription | c |  | powershell.exe -enc x | powershell.exe",
      ]),
    );
  });

  it("have the hash and the signer of a program that is there, and say what could not be read", () => {
    const of = (name: string) => autostarts.rowsOf(name).find((row) => row["path"] === evil);
    const found = { sha256: digest("bad"), written: expect.stringMatching(/^20.*Z$/) };
    expect(of("all")).toMatchObject({ ...found, signer: "", signed: false });
    expect(of("signed")).toMatchObject({ ...found, signer: "Corp", signed: true });
    const gone = autostarts.rowsOf("all").find((row) => row["name"] === "Good");
    expect(gone).toMatchObject({ sha256: "", written: "", signer: "", signed: null });
    const { said } = autostarts.saidOf("all");
    expect(said).toMatchObject({ notRead: ["ActiveScriptEventConsumer: Access denied"] });
  });

  it("are cut where there is no room for more, and shortened, and the line says so", () => {
    const few = autostarts.rowsOf("small");
    const { said } = autostarts.saidOf("small");
    expect(said.ok && said.cut + said.rows).toBe(13);
    expect(few.length).toBeLessThan(13);
    const [strange] = autostarts.rowsOf("strange");
    expect(strange).toMatchObject({ name: "ü?", command: expect.stringMatching(/^"\\\?x+\.{3}$/) });
    expect(autostarts.saidOf("strange").said).toMatchObject({ shortened: 1, cut: 0 });
  });

  it("are a file that is not empty where there are none", () => {
    expect(autostarts.rowsOf("none")).toEqual([]);
    const { said } = autostarts.saidOf("none");
    expect(said.ok && said.bytes).toBeGreaterThan(0);
  });

  it("are no file of an earlier time if the script fails", () => {
    expect(autostarts.saidOf("wrong")).toMatchObject({
      said: { ok: false, error: "-Kilobytes is 1 to 4096" },
      left: [],
    });
    expect(autostarts.saidOf("late")).toMatchObject({ said: { ok: false }, left: [] });
  });
});

const others = {
  work: listsOf("Get-ScheduledWork.ps1"),
  ports: listsOf("Get-ListeningPort.ps1"),
  admins: listsOf("Get-LocalAdministrator.ps1"),
};

beforeAll(() => {
  for (const each of Object.values(others)) each.run();
});
afterAll(() => {
  for (const each of Object.values(others)) each.end();
});

describe.runIf(HAS_PWSH)(`what else is listed of Windows, ${WHERE}`, () => {
  others.work.given("tasks", MACHINE);
  const image = join(disk, "Users", "ana", "AppData", "evil.exe");
  others.ports.given("ports", {
    classes: {
      Win32_Process: [
        { ProcessId: 4, Name: "System" },
        { ProcessId: 700, Name: "evil.exe", ExecutablePath: image, CommandLine: "evil -l" },
      ],
      Win32_Service: [
        { ProcessId: 700, Name: "b" },
        { ProcessId: 700, Name: "a_0123abc" },
      ],
      MSFT_NetTCPConnection: [
        { LocalAddress: "0.0.0.0", LocalPort: 445, OwningProcess: 4 },
        { LocalAddress: "::", LocalPort: 4444, OwningProcess: 700 },
      ],
      MSFT_NetUDPEndpoint: [{ LocalAddress: "0.0.0.0", LocalPort: 53, OwningProcess: 9 }],
    },
    signers: { "evil.exe": "" },
  });
  others.admins.given("members", {
    classes: {
      Win32_UserAccount: [
        { SID: "S-1-500", Disabled: true },
        { SID: "S-1-1001", Disabled: false },
      ],
    },
    members: [
      { kind: "user", name: "PC\\Administrator", group: "Administratoren", id: "S-1-500" },
      { kind: "user", name: "PC\\ana", group: "Administratoren", id: "S-1-1001" },
      { kind: "group", name: "CORP\\Domain Admins", group: "Administratoren", id: "S-1-512" },
    ],
  });

  it("are scheduled tasks with their times, but for disabled ones", () => {
    const rows = others.work.rowsOf("tasks");
    expect(rows.map(({ name, schedule }) => `${name}: ${schedule}`).toSorted()).toEqual([
      "Daily: Daily at three, Logon",
      "Daily: Daily at three, Logon",
      "Grouped: ",
    ]);
  });

  it("are ports with their processes, services and programs", () => {
    const shown = others.ports.rowsOf("ports").map((row) => {
      return `${row["protocol"]} ${row["address"]} ${row["port"]} ${row["process"]}`;
    });
    expect(new Set(shown)).toEqual(
      new Set(["tcp 0.0.0.0 445 System", "tcp :: 4444 evil.exe", "udp 0.0.0.0 53 "]),
    );
    const evilPort = others.ports.rowsOf("ports").find(({ port }) => port === 4444);
    expect(evilPort).toMatchObject({
      path: image,
      services: "a_* b",
      command: "evil -l",
      pid: 700,
      signed: false,
      sha256: digest("bad"),
    });
  });

  it("are administrators, whatever their group is called, and whether local ones are enabled", () => {
    const rows = others.admins.rowsOf("members").map(({ member, via, enabled }) => {
      return [member, via, enabled].join(" | ");
    });
    expect(rows.toSorted()).toEqual([
      "CORP\\Domain Admins | Administratoren | ",
      "PC\\Administrator | Administratoren | false",
      "PC\\ana | Administratoren | true",
    ]);
  });
});

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { composedScripts } from "../../library-parts/compose.mjs";
import { rowsOf } from "./opened.ts";
import { findPwsh } from "./pwsh.ts";

/*
 * Windows PowerShell 5.1 runs the scripts, and no machine of ours has it: PSScriptAnalyzer, which
 * knows what it has, is not on NuGet. So what the scripts use is listed here, and was looked up:
 * commands and parameters in the reference of PowerShell 5.1, types and members in that of .NET
 * Framework 4.6.1.
 */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "Add-Type": ["AssemblyName", "MemberDefinition", "Name", "Namespace"],
  "ConvertFrom-Json": [],
  "ConvertTo-Json": ["Compress", "Depth", "InputObject"],
  "ForEach-Object": [],
  "Get-AuthenticodeSignature": ["LiteralPath"],
  "Get-ChildItem": ["ErrorAction", "Path", "Recurse"],
  "Get-CimInstance": ["ClassName", "Filter", "OperationTimeoutSec"],
  "Get-Item": ["ErrorAction", "Path"],
  "Get-Location": [],
  "Get-Process": [],
  "Invoke-CimMethod": ["Arguments", "ClassName", "MethodName"],
  "New-Object": [],
  "Remove-CimInstance": ["InputObject"],
  "Select-Object": ["First", "Unique"],
  "Set-StrictMode": ["Version"],
  "Sort-Object": [],
  "Where-Object": [],
};

/** Types, each with its static members. Those of PowerShell itself have none. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  ADSI: [],
  Activator: ["CreateInstance"],
  Array: ["Sort"],
  BitConverter: ["ToString"],
  "Collections.ArrayList": [],
  "Collections.Generic.HashSet[string]": [],
  "Collections.IEnumerable": [],
  "Collections.Stack": [],
  Convert: ["FromBase64String"],
  DateTime: [],
  "Diagnostics.Process": ["Start"],
  "Diagnostics.ProcessStartInfo": [],
  "Diagnostics.Stopwatch": ["StartNew"],
  Environment: ["ExpandEnvironmentVariables"],
  Guid: ["NewGuid"],
  "IO.Compression.CompressionMode": ["Compress"],
  "IO.Compression.GZipStream": [],
  "IO.Compression.ZipArchive": [],
  "IO.Compression.ZipFile": ["ExtractToDirectory"],
  "IO.Directory": ["CreateDirectory", "Delete", "Exists", "GetFiles"],
  "IO.DirectoryInfo": [],
  "IO.DriveInfo": [],
  "IO.File": [
    "Delete",
    "Exists",
    "GetAttributes",
    "Move",
    "Open",
    "OpenRead",
    "ReadAllText",
    "WriteAllText",
  ],
  "IO.FileInfo": [],
  "IO.FileNotFoundException": [],
  "IO.FileStream": [],
  "IO.IOException": [],
  "IO.MemoryStream": [],
  "IO.Path": [
    "Combine",
    "DirectorySeparatorChar",
    "GetDirectoryName",
    "GetFileName",
    "GetPathRoot",
  ],
  "IO.Stream": [],
  // Made by the script of the process dump.
  "Lrq.Memory": ["Write"],
  Math: ["Ceiling", "Max", "Min"],
  "Security.Cryptography.SHA256": ["Create"],
  "Security.Principal.NTAccount": [],
  "Security.Principal.SecurityIdentifier": [],
  "Security.Principal.WindowsBuiltInRole": ["Administrator"],
  "Security.Principal.WindowsIdentity": ["GetCurrent"],
  "Security.Principal.WindowsPrincipal": [],
  StringComparer: ["Ordinal", "OrdinalIgnoreCase"],
  "Text.Encoding": ["UTF8"],
  "Threading.Tasks.Task": ["WaitAll"],
  "Threading.Tasks.Task[]": [],
  ValueType: [],
  WildcardPattern: ["Escape"],
  regex: ["Replace"],
  type: ["GetTypeFromProgID"],
};
const ACCELERATORS = "bool byte[] char int long ordered string string[] switch void".split(" ");

const syntaxSchema = z.strictObject({
  errors: z.array(z.string()),
  newer: z.array(z.string()),
  own: z.array(z.string()),
  commands: z.array(z.string()),
  types: z.array(z.string()),
  members: z.array(z.string()),
});

const SCRIPTS = readdirSync("library").filter((name) => name.endsWith(".ps1"));
const pwsh = findPwsh();
const WHERE = pwsh.kind === "found" ? "as pwsh reads them" : `skipped, because ${pwsh.why}`;

describe.each(SCRIPTS)("%s", (name) => {
  it("is put together from its parts as they are", () => {
    const text = readFileSync(`library/${name}`, "utf8");
    expect(text, "npm run library:compose writes it").toBe(composedScripts().get(name));
  });

  it("has ASCII only, because Windows PowerShell does not read UTF-8", () => {
    expect(readFileSync(`library/${name}`, "latin1")).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

const TRIAGE = "./library/Collect-WindowsTriage.ps1";
const ASKED = ["-List", "no.json", "-Output", "/nowhere/x.zip"];

describe.runIf(pwsh.kind === "found")(`the PowerShell scripts, ${WHERE}`, () => {
  it("use only what Windows PowerShell 5.1 has", () => {
    expect(SCRIPTS).not.toEqual([]);
    for (const { errors, newer, own, commands, types, members } of syntaxOf(SCRIPTS)) {
      expect({ errors, newer }).toEqual({ errors: [], newer: [] });
      const others = commands.filter((each) => !own.includes(each.split(" ")[0] ?? ""));
      expect(unlisted(others, withParts(COMMANDS, " -"))).toEqual([]);
      expect(unlisted(types, [...ACCELERATORS, ...Object.keys(TYPES)])).toEqual([]);
      expect(unlisted(members, withParts(TYPES, "::"))).toEqual([]);
    }
  });

  // PowerShell itself loses the exit code of a script that is dot-sourced in a block.
  it.each([
    ["as a file", 1, ["-File", TRIAGE, ...ASKED]],
    ["by a command", 1, ["-Command", `& ${TRIAGE} ${ASKED.join(" ")}`]],
    ["dot-sourced", 0, ["-Command", `& { . ${TRIAGE} ${ASKED.join(" ")} }`]],
  ])("say their one line when they are run %s, with exit code %i", (_, exitCode, words) => {
    const { stdout, status } = spawnSync(pwshPath(), ["-NoProfile", ...words], {
      encoding: "utf8",
    });
    const error = "no.json is neither here nor where PutFile leaves files";
    expect(rowsOf(stdout)).toEqual([{ ok: false, error }]);
    expect(status).toBe(exitCode);
  });

  it("would be refused if they were written for PowerShell 7", () => {
    const [found] = syntaxOf(["../test/library/newer-syntax.txt"]);
    expect(found?.newer).toHaveLength(9);
    expect(found?.errors).toEqual([]);
  });
});

function withParts(table: Readonly<Record<string, readonly string[]>>, between: string) {
  const parts = Object.entries(table).flatMap(([name, all]) =>
    all.map((each) => `${name}${between}${each}`),
  );
  return [...Object.keys(table), ...parts];
}

function unlisted(used: readonly string[], listed: readonly string[]): readonly string[] {
  const known = new Set(listed);
  return used.filter((each) => !known.has(each));
}

function syntaxOf(names: readonly string[]) {
  const words = names.map((name) => `library/${name}`);
  const read = ["-NoProfile", "-File", "test/library/read-syntax.ps1", ...words];
  const { stdout } = spawnSync(pwshPath(), read, { encoding: "utf8" });
  const found = rowsOf(stdout).map((row) => syntaxSchema.parse(row));
  expect(found).toHaveLength(names.length);
  return found;
}

function pwshPath(): string {
  return pwsh.kind === "found" ? pwsh.path : "";
}

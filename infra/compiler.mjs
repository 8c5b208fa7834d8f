// @ts-check
// Where the Bicep compiler is. It is for checking only: nobody needs it to install or deploy lrq.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "0.49.2";

/**
 * The compiler of this machine, fetched if it is not there yet; or why there is none. NuGet has it
 * as one file for each system, and the .NET SDK is needed to fetch it, with the sources that this
 * machine is set up with. Throws if there is an SDK and it cannot fetch.
 *
 * @returns {{ kind: "compiler", path: string } | { kind: "none", why: string }}
 */
export function findCompiler() {
  const system = systemOf(process.platform, process.arch);
  if (system === null) {
    return { kind: "none", why: `there is none for ${process.platform} ${process.arch}` };
  }
  // Outside of the checkout: fetched once for all clones of this machine.
  const packages = process.env["NUGET_PACKAGES"] ?? join(homedir(), ".nuget", "packages");
  const name = `Azure.Bicep.CommandLine.${system}`;
  const file = system.startsWith("win") ? "bicep.exe" : "bicep";
  const path = join(packages, name.toLowerCase(), VERSION, "tools", file);
  if (!existsSync(path)) {
    if (!hasSdk()) return { kind: "none", why: "there is no .NET SDK to fetch it with" };
    restore(name, packages);
    chmodSync(path, 0o755);
  }
  return { kind: "compiler", path };
}

/**
 * @param {string} platform
 * @param {string} arch
 */
function systemOf(platform, arch) {
  const systems = new Map([
    ["linux", "linux"],
    ["darwin", "osx"],
    ["win32", "win"],
  ]);
  const system = systems.get(platform);
  return system === undefined || !["x64", "arm64"].includes(arch) ? null : `${system}-${arch}`;
}

function hasSdk() {
  try {
    // An SDK has a version; a runtime alone has not.
    execFileSync("dotnet", ["--version"], { stdio: "ignore", cwd: tmpdir() });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} packages
 */
function restore(name, packages) {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bicep-"));
  const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="${name}" Version="[${VERSION}]" /></ItemGroup>
</Project>`;
  try {
    writeFileSync(join(folder, "bicep.csproj"), project);
    const words = ["restore", "--nologo", "--packages", packages];
    execFileSync("dotnet", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

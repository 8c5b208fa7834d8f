import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulatedScript, ToldScript } from "./options.ts";

const OURS = new URL("../../library/", import.meta.url);
/** Live response ends a script at ten minutes. */
const MOST_MS = 600_000;
const OUTPUT_BYTES_MOST = 1_048_576;

/**
 * Really runs a shell script of `library/` on this computer, in an empty folder, for a Linux
 * machine of the tenant. What it writes to /tmp goes into a folder of its own instead, and is what
 * GetFile serves. Null, and nothing is run, if the machine is not Linux, the bytes are not ours,
 * this is Windows, or the arguments are more than plain and quoted words. It waits for the end.
 */
export function runRealScript(script: ToldScript): SimulatedScript | null {
  const words = wordsOf(script.args ?? "");
  const isForUs = process.platform !== "win32" && script.osPlatform === "Linux";
  if (!isForUs || words === null || !isOurs(script)) return null;
  const folder = mkdtempSync(join(tmpdir(), "lrq-script-"));
  try {
    const [out, empty] = [join(folder, "out"), join(folder, "empty")];
    for (const each of [out, empty]) mkdirSync(each);
    const file = join(folder, script.fileName);
    writeFileSync(file, script.content);
    const moved = words.map((word) => word.replace(/^--output=\/tmp\//, `--output=${out}/`));
    const { status, stdout, stderr } = spawnSync("sh", [file, ...moved], {
      cwd: empty,
      env: { PATH: process.env["PATH"] },
      encoding: "utf8",
      timeout: MOST_MS,
      maxBuffer: OUTPUT_BYTES_MOST,
    });
    const made = readdirSync(out).map((name) => [
      `/tmp/${name}`,
      { content: readFileSync(join(out, name)) },
    ]);
    return {
      exitCode: status ?? 1,
      output: stdout.replaceAll(out, "/tmp"),
      errors: stderr.replaceAll(out, "/tmp"),
      creates: Object.fromEntries(made),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOurs({ fileName, content }: ToldScript): boolean {
  if (!/^[\w-]+\.sh$/.test(fileName)) return false;
  try {
    return readFileSync(new URL(fileName, OURS)).equals(content);
  } catch {
    return false;
  }
}

/** Words as a shell reads them, if they have nothing but plain characters and single quotes. */
function wordsOf(args: string): readonly string[] | null {
  if (!/^(?:[\w./:=,+@%-]|'[^']*'|\s)*$/.test(args)) return null;
  const words = args.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll("'", ""));
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evidenceApi } from "../lrq/api.ts";
import type { AppAddress } from "../lrq/app-address.ts";
import type { ExitCode } from "../lrq/command/exit-codes.ts";
import { wrapped } from "../lrq/command/wrapped.ts";
import { exportRun } from "../lrq/export-run.ts";
import { verifyFolder } from "../lrq/verify-folder.ts";
import { appCalls } from "./app-calls.ts";
import { walk } from "./road.ts";
import { EXIT_CODES, good, stopped, type Step } from "./step.ts";

const EVERY_MS = 2_000;
const MINUTE_MS = 60_000;
const COLUMNS = 80;
/** Glyph, word and step before the text, each with a blank behind it. */
const INDENT = 2 + 12 + 9;

const GLYPHS: Readonly<Record<Step["verdict"], string>> = {
  ok: "✓",
  wrong: "✗",
  unreachable: "✗",
  refused: "✗",
  failed: "✗",
  late: "…",
};

/** What the verb was asked. */
export interface SmokeAsked {
  readonly machine: string;
  readonly minutes: number;
  readonly json: boolean;
}

/**
 * `lrq smoke --machine NAME`: fetches the hosts file of one machine by the whole road and says a
 * verdict for each step. Returns the exit code of the last one.
 */
export async function smoke(
  { machine, minutes, json }: SmokeAsked,
  address: AppAddress,
  say: (line: string) => void,
  everyMs: number = EVERY_MS,
): Promise<ExitCode> {
  const { runId, steps } = await walk({
    app: appCalls(address),
    machine,
    timeoutMs: minutes * MINUTE_MS,
    everyMs,
    nowMs: Date.now,
    verify: async (id) => await verifyRun(address, id),
    tell: (step) => {
      if (!json) for (const line of linesOf(step)) say(line);
    },
  });
  const verdict = steps.at(-1)?.verdict ?? "wrong";
  const exitCode = EXIT_CODES[verdict];
  if (json) say(JSON.stringify({ machine, runId, verdict, exitCode, steps }));
  return exitCode;
}

/** Exports the run as anybody would, and recomputes all of it. */
async function verifyRun(address: AppAddress, runId: string): Promise<Step> {
  const parent = mkdtempSync(join(tmpdir(), "lrq-smoke-"));
  try {
    const folder = join(parent, runId);
    await exportRun(evidenceApi(address), runId, folder);
    const { findings, isSealed, results } = await verifyFolder(folder);
    const [first] = findings;
    if (first !== undefined) {
      const what = `${first.where}: ${first.what}`;
      return stopped("verify", "wrong", { what, fix: `Keep what lrq export ${runId} gives.` });
    }
    const seal = isSealed ? "the run is sealed" : "the run is not sealed yet";
    return good("verify", `${results} result, chain and hashes are right, ${seal}.`);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const fix = "The caller needs the right evidence.read.";
    return stopped("verify", "wrong", { what, fix });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** A step at 80 columns: glyph, word, step, and what there is to say. */
function linesOf({ step, verdict, what, fix }: Step): string[] {
  const head = `${GLYPHS[verdict]} ${verdict.padEnd(11)} ${step}`.padEnd(INDENT);
  const text = [
    ...wrapped(what, COLUMNS - INDENT),
    ...(fix === null ? [] : wrapped(`fix: ${fix}`, COLUMNS - INDENT)),
  ];
  return text.map((line, at) => `${at === 0 ? head : " ".repeat(INDENT)}${line}`);
}

import type { SimulatedMachine, SimulatedScript } from "./options.ts";
import { guid } from "./random.ts";
import type {
  ActionRecord,
  CommandResult,
  CommandRun,
  EndStatus,
  FileOrigin,
  Schedule,
  SimulatedCommand,
} from "./state.ts";
import { rowsFile } from "./rows-file.ts";
import { libraryFile } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/**
 * What the machine will do with the action it takes up at `pickedUpAtMs`: commands one after
 * another, the first failure stops the rest, and a tail passes before the action ends.
 */
export function scheduleFor(
  tenant: Tenant,
  machine: SimulatedMachine,
  action: ActionRecord,
  pickedUpAtMs: number,
): Schedule {
  const { rules } = tenant;
  const firstMs = rules.drawMs(rules.timings.firstCommandSeconds, "first", action.ordinal);
  const pendingMs = action.pickupAtMs - action.createdAtMs;
  let atMs = pickedUpAtMs + Math.max(0, firstMs - pendingMs);
  let status: EndStatus = "Succeeded";
  const runs: CommandRun[] = [];
  for (const [index, command] of action.commands.entries()) {
    const step = runCommand({ tenant, machine, action, runs, index, startAtMs: atMs }, command);
    runs.push(step.run);
    atMs = step.run.endAtMs;
    if (step.run.error === null) continue;
    status = step.timedOut && rules.switches.timeOutMeans !== "queue" ? "TimeOut" : "Failed";
    break;
  }
  const tailMs = rules.drawMs(rules.timings.tailSeconds, "tail", action.ordinal);
  return { runs, end: { status, atMs: atMs + tailMs } };
}

/**
 * Two spellings of one path: Windows does not mind case or the direction of slashes, the others
 * do.
 */
export function samePath(left: string, right: string): boolean {
  return canonicalPath(left) === canonicalPath(right);
}

function canonicalPath(path: string): string {
  return /^[a-z]:/i.test(path) ? path.replaceAll("/", "\\").toLowerCase() : path;
}

interface Step {
  readonly tenant: Tenant;
  readonly machine: SimulatedMachine;
  readonly action: ActionRecord;
  readonly runs: readonly CommandRun[];
  readonly index: number;
  readonly startAtMs: number;
}

interface StepOutcome {
  readonly run: CommandRun;
  readonly timedOut: boolean;
}

function runCommand(step: Step, command: SimulatedCommand): StepOutcome {
  switch (command.type) {
    case "PutFile": {
      const there = libraryFile(step.tenant, command.fileName) !== null;
      const error = there ? null : `${command.fileName} is not in the library`;
      return ended(step, "putFileSeconds", error, null);
    }
    case "RunScript":
      return runScript(step, command.scriptName, command.args);
    case "GetFile": {
      const origin = findFile(step, command.path);
      if (origin === null) return ended(step, "getFileSeconds", `No file ${command.path}`, null);
      return ended(step, "getFileSeconds", null, { kind: "file", path: command.path, origin });
    }
  }
}

function ended(
  step: Step,
  timing: "putFileSeconds" | "getFileSeconds",
  error: string | null,
  result: CommandResult | null,
): StepOutcome {
  const { rules } = step.tenant;
  const ms = rules.drawMs(rules.timings[timing], timing, step.action.ordinal, step.index);
  const { startAtMs } = step;
  return { run: { startAtMs, endAtMs: startAtMs + ms, error, result }, timedOut: false };
}

function runScript(step: Step, scriptName: string, args: string | null): StepOutcome {
  const { tenant, action, startAtMs } = step;
  const { rules } = tenant;
  if (action.foreignSeconds === null && libraryFile(tenant, scriptName) === null) {
    const error = `${scriptName} is not in the library`;
    return { run: { startAtMs, endAtMs: startAtMs, error, result: null }, timedOut: false };
  }
  const script = scriptOn(step, scriptName, args);
  const drawnMs = rules.drawMs(rules.timings.scriptSeconds, "script", action.ordinal, step.index);
  const seconds = action.foreignSeconds ?? script.seconds;
  const wantedMs = seconds === undefined ? drawnMs : rules.ms(seconds);
  const mostMs = rules.ms(rules.switches.runScriptTimeoutSeconds);
  if (wantedMs > mostMs) {
    const error = "The script did not end in time";
    const endAtMs = startAtMs + mostMs;
    return { run: { startAtMs, endAtMs, error, result: null }, timedOut: true };
  }
  const exitCode = script.exitCode ?? 0;
  const failed =
    script.failsAction === true || (exitCode !== 0 && rules.switches.exitCodeFailsAction);
  const result: CommandResult = {
    kind: "script",
    scriptName,
    exitCode,
    output: script.output ?? transcript(step, scriptName),
    errors: script.errors ?? "",
    creates: failed || exitCode !== 0 ? [] : Object.keys(script.creates ?? {}),
  };
  const error = failed ? `The script ended with exit code ${exitCode}` : null;
  return { run: { startAtMs, endAtMs: startAtMs + wantedMs, error, result }, timedOut: false };
}

/** What it really does, or the machine's own entry, filled up with what the library file says. */
function scriptOn(step: Step, scriptName: string, args: string | null): SimulatedScript {
  const real = reallyRun(step, scriptName, args);
  if (real !== null) return real;
  const own = step.machine.scripts?.[scriptName];
  const simulated = step.tenant.givenFiles.get(scriptName)?.simulate;
  const { creates: template, rows: _, ...common } = simulated ?? {};
  const listed = rowsFile(step.tenant, step, scriptName);
  if (listed !== null) {
    const { path, content, line } = listed;
    return { ...common, output: line, creates: { [path]: { content } }, ...own };
  }
  const path = template
    ?.replaceAll("{machine}", () => step.machine.computerDnsName)
    .replaceAll("{args}", () => args ?? "");
  const creates = path === undefined ? {} : { [path]: { content: new Uint8Array() } };
  return { ...common, creates, ...own };
}

function reallyRun(step: Step, fileName: string, args: string | null): SimulatedScript | null {
  const { tenant, machine, action } = step;
  const file = libraryFile(tenant, fileName);
  if (file === null || tenant.options.runScript === undefined) return null;
  const content =
    file.base64 === null
      ? tenant.givenFiles.get(fileName)?.content
      : Buffer.from(file.base64, "base64");
  if (content === undefined) return null;
  const { osPlatform } = machine;
  const ran = tenant.options.runScript({ fileName, content, args, osPlatform });
  if (ran !== null) tenant.madeFiles.set(action.ordinal, ran.creates ?? {});
  return ran;
}

function transcript(step: Step, scriptName: string): string {
  const { tenant, machine, action, index } = step;
  const id = guid(tenant.rules.seed, "transcript", action.ordinal, index).toUpperCase();
  const done = `${scriptName} ran on ${machine.computerDnsName}`;
  if (!machine.osPlatform.startsWith("Windows")) return `${done}\nDone.\n`;
  const folder = "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Temp";
  const file = `${folder}\\PSScriptOutputs\\PSScript_Transcript_{${id}}.txt`;
  return `Transcript started, output file is ${file}\n${done}\nDone.\n`;
}

/**
 * Made by a script of this action, by one of an earlier action on the machine, or there from the
 * start.
 */
function findFile(step: Step, path: string): FileOrigin | null {
  const own = madeBy(step.runs, path);
  if (own !== null) return { from: "script", scriptName: own, ordinal: step.action.ordinal };
  const earlier = step.tenant.state.actions.filter(
    ({ machineId, schedule }) => machineId === step.action.machineId && schedule !== null,
  );
  for (const action of earlier.toReversed()) {
    const endedAtMs = action.end?.atMs ?? Number.NEGATIVE_INFINITY;
    const finished = (action.schedule?.runs ?? []).filter((run) => run.endAtMs <= endedAtMs);
    const scriptName = madeBy(finished, path);
    if (scriptName !== null) return { from: "script", scriptName, ordinal: action.ordinal };
  }
  const there = Object.keys(step.machine.files ?? {}).some((name) => samePath(name, path));
  return there ? { from: "machine" } : null;
}

function madeBy(runs: readonly CommandRun[], path: string): string | null {
  for (const { result } of [...runs].toReversed()) {
    if (result?.kind !== "script") continue;
    if (result.creates.some((name) => samePath(name, path))) return result.scriptName;
  }
  return null;
}

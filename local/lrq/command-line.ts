import { existsSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { reportedName } from "../../shared/evidence/reported-text.ts";
import { isRunId } from "../../shared/plan/identity.ts";
import type { LibraryAsked } from "../library/asked.ts";
import { type EvidenceApi, evidenceApi } from "./api.ts";
import { addressIn, type AppAddress } from "./app-address.ts";
import { exportRun } from "./export-run.ts";
import { UsageError } from "./usage-error.ts";
import { verify } from "./verify-command.ts";
import { pinsIn } from "./verify-library.ts";

/** Where the command runs: its settings, and where it speaks. */
export interface CommandSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Asks whoever sits there; left out if nobody does. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

export const USAGE = `Usage:
  lrq verify DIR [--head HASH]   check an exported folder; needs only the folder
  lrq verify RUN [--head HASH]   export the run to a temporary folder, check it, remove it
  lrq verify queue [--head HASH] check the audit log of the queue: claims, answers, pauses
  lrq export RUN DIR             download a run: results, manifest, audit log, SHA256SUMS
  lrq evidence join DIR INTO     join what a collector left in parts; needs only the folders
  lrq doctor [--json] [--probe]  check settings, rights, token, Defender and queues; say the fixes
  lrq smoke --machine NAME [--minutes N] [--json]
                                 fetch the hosts file of one machine by the whole road
  lrq library status [--check]   compare the tenant's library with the pins of a folder
  lrq library plan [--check]     show what apply would change, and the plan's hash
  lrq library apply [--plan HASH] [--yes]
                                 upload, replace and delete after a question, as planned
  lrq library pull NAME...       pin the hash that the tenant lists for a file
  lrq library pin [--check]      pin the files of the folder as they are
  lrq library list               the list as POST /api/library/check takes it
  lrq backup FILE                write all rows of the ledger into a new file
  lrq restore FILE               write them into a table that has no others

verify DIR and verify RUN take --library FILE: the library.json that what ran is held against.
--head is the hash of the run's seal, or the head of its custody chain, or of the queue's log, kept
elsewhere: 64 hex digits. export, verify RUN and verify queue ask lrq at LRQ_URL (such as http://127.0.0.1:7071) with the key LRQ_KEY.
doctor asks lrq at LRQ_URL, which examines itself; LRQ_KEY needs the right operate. Without LRQ_URL
it examines what the environment and local.settings.json lead to. --probe also asks for a session on
no machine, which costs one of the tenant's calls.
library takes --folder DIR, or library/ of the working folder, and --json (pull and pin do not). It
reaches Defender as doctor does without LRQ_URL, with the right Library.Manage. With --check it
changes nothing, and the exit code is 1 if something is not as pinned. apply asks at a terminal;
elsewhere it needs --yes. --plan lets it make no other changes than those that were approved.
backup and restore reach the storage account of AzureWebJobsStorage, or of
AzureWebJobsStorage__accountName with the account of az login.
smoke needs a key with incident.submit, run.read and evidence.read. It waits for 20 minutes, or N.
Exit codes: 0 all is well, 1 something is wrong, 2 the command cannot be run in this way. smoke also
has 3 lrq does not answer, 4 refused until somebody allows it, 6 the machine or Defender failed, and
7 the time is over. library has 3 Defender does not answer, 4 refused: by Defender, by whoever was
asked, or because somebody else has changed a file meanwhile.`;

const EXIT = { well: 0, wrong: 1, usage: 2 } as const;
/** Longer lines are cut; what is wrong is said at the beginning. */
const LINE_CHARACTERS_MAX = 500;

/** Runs one command; gives the exit code. */
export async function runCommand(
  words: readonly string[],
  surroundings: CommandSurroundings,
): Promise<number> {
  const { complain } = surroundings;
  try {
    return await runVerb(parsedWords(words), surroundings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    complain(`lrq: ${reportedName(message, LINE_CHARACTERS_MAX)}`);
    if (!(error instanceof UsageError)) return EXIT.wrong;
    complain(USAGE);
    return EXIT.usage;
  }
}

async function runVerb(
  { values, positionals }: ReturnType<typeof parsedWords>,
  surroundings: CommandSurroundings,
): Promise<number> {
  const { env } = surroundings;
  // Nothing a machine or a server sent may steer the terminal; JSON has no control characters.
  const say = (line: string): void => surroundings.say(reportedName(line, LINE_CHARACTERS_MAX));
  if (values.help === true) {
    surroundings.say(USAGE);
    return EXIT.well;
  }
  const { json = false, probe = false, head = null } = values;
  const aloud = json ? surroundings.say : say;
  const [verb, subject = "", folder = "", ...rest] = positionals;
  if (verb === "doctor" && subject === "") {
    // Loaded by whoever asks for it: no other command needs the clients of Azure.
    const { doctor } = await import("../doctor/doctor.ts");
    const app = addressIn(env);
    return await doctor({ json, probe }, { app, env, folder: process.cwd(), say: aloud });
  }
  if (verb === "smoke" && subject === "") {
    const { smoke } = await import("../smoke/smoke.ts");
    return await smoke(smokeAsked(values), addressFrom(env), aloud);
  }
  if (verb === "library") {
    const { library } = await import("../library/library-command.ts");
    const asked = libraryAsked(values, positionals.slice(2));
    const complain = (line: string): void =>
      surroundings.complain(reportedName(line, LINE_CHARACTERS_MAX));
    // A list is JSON in any case, and may not be cut.
    const sayIt = subject === "list" ? surroundings.say : aloud;
    const around = { ...surroundings, cwd: process.cwd(), say: sayIt, complain };
    return await library(subject, asked, around);
  }
  if (verb === "evidence") return await evidence(positionals.slice(1), say);
  if (rest.length > 0 || subject === "") throw new UsageError("too few or too many arguments");
  if ((verb === "backup" || verb === "restore") && folder === "") {
    const { moveLedger } = await import("../backup/backup.ts");
    await moveLedger(verb, subject, { env, say });
    return EXIT.well;
  }
  if (verb === "verify" && folder === "") {
    const pins = values.library === undefined ? null : pinsIn(values.library);
    return await verify({ subject, head, pins }, () => addressFrom(env), say);
  }
  if (verb === "export" && folder !== "") {
    return await bringOut(evidenceApi(addressFrom(env)), runIdOf(subject), folder, say);
  }
  throw new UsageError(`there is no command: ${verb ?? ""}`);
}

async function evidence(
  [verb, folder, into, ...rest]: readonly string[],
  say: (line: string) => void,
): Promise<number> {
  if (verb !== "join" || folder === undefined || into === undefined || rest.length > 0) {
    throw new UsageError("evidence takes: join DIR INTO");
  }
  const { joinCommand } = await import("../evidence/join-command.ts");
  return await joinCommand(folder, into, say);
}

function parsedWords(words: readonly string[]) {
  try {
    const options = {
      head: { type: "string" },
      json: { type: "boolean" },
      probe: { type: "boolean" },
      machine: { type: "string" },
      minutes: { type: "string" },
      folder: { type: "string" },
      library: { type: "string" },
      check: { type: "boolean" },
      plan: { type: "string" },
      yes: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    } as const;
    const read = parseArgs({ args: [...words], options, allowPositionals: true });
    for (const name of ["head", "plan"] as const) {
      if (read.values[name] === undefined || SHA256.test(read.values[name])) continue;
      throw new UsageError(`--${name} takes 64 lower-case hex digits`);
    }
    return read;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const SHA256 = /^[0-9a-f]{64}$/;

function libraryAsked(
  { folder = "library", check = false, json = false, yes = false, plan }: LibraryWords,
  names: readonly string[],
): LibraryAsked {
  return { folder, check, json, yes, plan: plan ?? null, names };
}

type LibraryWords = Partial<ReturnType<typeof parsedWords>["values"]>;

/** Longer than DEFENDER_PENDING_MINUTES, 15: then lrq knows that a machine is off. */
const MINUTES = 20;
const MINUTES_MOST = 1_440;

function smokeAsked({
  machine,
  minutes = String(MINUTES),
  json = false,
}: {
  readonly machine?: string | undefined;
  readonly minutes?: string | undefined;
  readonly json?: boolean | undefined;
}) {
  if (machine === undefined || machine === "") throw new UsageError("smoke needs --machine NAME");
  const time = Number(minutes);
  if (!Number.isFinite(time) || time <= 0 || time > MINUTES_MOST) {
    throw new UsageError(`--minutes takes a number above 0, at most ${MINUTES_MOST}`);
  }
  return { machine, minutes: time, json };
}

async function bringOut(
  api: EvidenceApi,
  runId: string,
  folder: string,
  say: (line: string) => void,
): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new UsageError(`${folder} is not empty, and lrq never overwrites a file`);
  }
  const { files, manifest, seal, isSealed } = await exportRun(api, runId, folder);
  say(`${files.length} results of run ${runId} in ${folder}`);
  say(isSealed ? `seal ${seal}` : "open the run is not sealed yet: export it again when it is");
  say(`head ${manifest.head}`);
  return EXIT.well;
}

function runIdOf(text: string): string {
  if (!isRunId(text)) throw new UsageError(`${text} is not the id of a run`);
  return text;
}

function addressFrom(env: CommandSurroundings["env"]): AppAddress {
  const address = addressIn(env);
  if (address !== null) return address;
  throw new UsageError("set LRQ_URL to the address of lrq, and LRQ_KEY to your key");
}

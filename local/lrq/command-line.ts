import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { QUEUE_CHAIN, verifyAudit } from "../../shared/evidence/audit.ts";
import { reportedName } from "../../shared/evidence/reported-text.ts";
import { isRunId } from "../../shared/plan/identity.ts";
import { type EvidenceApi, evidenceApi } from "./api.ts";
import { addressIn } from "./app-address.ts";
import { exportRun } from "./export-run.ts";
import { type Verified, verifyFolder } from "./verify-folder.ts";

/** Where the command runs: its settings, and where it speaks. */
export interface CommandSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

export const USAGE = `Usage:
  lrq verify DIR [--head HASH]   check an exported folder; needs only the folder
  lrq verify RUN [--head HASH]   export the run to a temporary folder, check it, remove it
  lrq verify queue [--head HASH] check the audit log of the queue: claims, answers, pauses
  lrq export RUN DIR             download a run: results, manifest, audit log, SHA256SUMS
  lrq doctor [--json] [--probe]  check settings, rights, token, Defender and queues; say the fixes

--head is the hash of the run's seal, or the head of its custody chain, or of the queue's log, kept
elsewhere: 64 hex digits. export, verify RUN and verify queue ask lrq at LRQ_URL (such as http://127.0.0.1:7071) with the key LRQ_KEY.
doctor asks lrq at LRQ_URL, which examines itself; LRQ_KEY needs the right operate. Without LRQ_URL
it examines what the environment and local.settings.json lead to. --probe also asks for a session on
no machine, which costs one of the tenant's calls.
Exit codes: 0 all is well, 1 something is wrong, 2 the command cannot be run in this way.`;

const EXIT = { well: 0, wrong: 1, usage: 2 } as const;
/** Longer lines are cut; what is wrong is said at the beginning. */
const LINE_CHARACTERS_MAX = 500;
const FINDINGS_SHOWN = 50;

class UsageError extends Error {}

/** Runs one command; gives the exit code. */
export async function runCommand(
  words: readonly string[],
  surroundings: CommandSurroundings,
): Promise<number> {
  const { env, complain } = surroundings;
  // Nothing a machine or a server sent may steer the terminal.
  const say = (line: string): void => surroundings.say(reportedName(line, LINE_CHARACTERS_MAX));
  try {
    const { values, positionals } = parsedWords(words);
    if (values.help === true) {
      surroundings.say(USAGE);
      return EXIT.well;
    }
    const [verb, subject = "", folder = "", ...rest] = positionals;
    if (verb === "doctor" && subject === "") {
      const { json = false, probe = false } = values;
      // Loaded by whoever asks for it: no other command needs the clients of Azure.
      const { doctor } = await import("../doctor/doctor.ts");
      const aloud = json ? surroundings.say : say;
      const app = addressIn(env);
      return await doctor({ json, probe }, { app, env, folder: process.cwd(), say: aloud });
    }
    if (rest.length > 0 || subject === "") throw new UsageError("too few or too many arguments");
    if (verb === "verify" && folder === "") {
      return await verify(subject, values.head ?? null, env, say);
    }
    if (verb === "export" && folder !== "") {
      return await bringOut(apiFrom(env), runIdOf(subject), folder, say);
    }
    throw new UsageError(`there is no command: ${verb ?? ""}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    complain(`lrq: ${reportedName(message, LINE_CHARACTERS_MAX)}`);
    if (!(error instanceof UsageError)) return EXIT.wrong;
    complain(USAGE);
    return EXIT.usage;
  }
}

function parsedWords(words: readonly string[]) {
  try {
    const options = {
      head: { type: "string" },
      json: { type: "boolean" },
      probe: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    } as const;
    const read = parseArgs({ args: [...words], options, allowPositionals: true });
    const { head } = read.values;
    if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) {
      throw new UsageError("--head takes 64 lower-case hex digits");
    }
    return read;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function verify(
  subject: string,
  head: string | null,
  env: CommandSurroundings["env"],
  say: (line: string) => void,
): Promise<number> {
  if (existsSync(subject)) {
    if (!statSync(subject).isDirectory()) throw new UsageError(`${subject} is not a folder`);
    return await verifyAndTell(subject, head, say);
  }
  if (subject === QUEUE_CHAIN) return await verifyQueue(apiFrom(env), head, say);
  if (!isRunId(subject)) throw new UsageError(`${subject} is neither a folder nor the id of a run`);
  const api = apiFrom(env);
  const parent = mkdtempSync(join(tmpdir(), "lrq-verify-"));
  try {
    const folder = join(parent, subject);
    await exportRun(api, subject, folder);
    return await verifyAndTell(folder, head, say);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** The queue's log has no end to be held against but one kept elsewhere: it goes on while we read. */
async function verifyQueue(
  api: EvidenceApi,
  head: string | null,
  say: (line: string) => void,
): Promise<number> {
  const records = await api.audit(null);
  const verdict = verifyAudit(records);
  if (verdict.kind === "broken") {
    say(`NOT  audit: broken at record ${verdict.position}: ${verdict.why}`);
    return EXIT.wrong;
  }
  const last = records.at(-1)?.hash ?? null;
  if (head !== null && !records.some((record) => record.hash === head)) {
    say(`NOT  audit: no record has the expected hash ${head}; the log was cut or written again`);
    return EXIT.wrong;
  }
  say(`ok   the queue: ${records.length} audit records, all as sealed`);
  say(`head ${last}`);
  return EXIT.well;
}

async function verifyAndTell(
  folder: string,
  head: string | null,
  say: (line: string) => void,
): Promise<number> {
  const verified = await verifyFolder(folder, head);
  const { runId, results, auditRecords, findings } = verified;
  if (findings.length === 0) {
    say(`ok   run ${runId}: ${results} results, ${auditRecords} audit records, all as chained`);
    for (const line of proofOf(verified)) say(line);
    return EXIT.well;
  }
  for (const { where, what } of findings.slice(0, FINDINGS_SHOWN)) say(`NOT  ${where}: ${what}`);
  const more = findings.length - FINDINGS_SHOWN;
  if (more > 0) say(`     and ${more} more`);
  return EXIT.wrong;
}

/** What is proven by that, and what is not. */
function proofOf({ head, seal, isSealed, expected, undecided }: Verified): string[] {
  const open = "open the run is not sealed: it goes on, or nobody has sealed it as it is here";
  const proven = {
    seal: "the expected hash is the seal's: nothing of the run was changed or cut off",
    "earlier seal": "the expected hash is that of an earlier seal: what came later is not proven",
    custody: "the expected head is that of the results alone: no state, no reading is proven",
  };
  return [
    isSealed ? `seal ${seal}` : open,
    `head ${head}`,
    ...(expected === null ? [] : [`     ${proven[expected]}`]),
    ...(undecided === 0 ? [] : [`     of ${undecided} sequences the decisions are not proven`]),
  ];
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

function apiFrom(env: CommandSurroundings["env"]): EvidenceApi {
  const address = addressIn(env);
  if (address !== null) return evidenceApi(address);
  throw new UsageError("set LRQ_URL to the address of lrq, and LRQ_KEY to your key");
}

import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QUEUE_CHAIN, verifyAudit } from "../../shared/evidence/audit.ts";
import type { Pins } from "../../shared/plan/library/pins.ts";
import { isRunId } from "../../shared/plan/identity.ts";
import { type EvidenceApi, evidenceApi } from "./api.ts";
import { type AppAddress } from "./app-address.ts";
import { exportRun } from "./export-run.ts";
import { EXIT, type ExitCode } from "./command/exit-codes.ts";
import { UsageError } from "./command/stop.ts";
import { type Verified, verifyFolder } from "./verify-folder.ts";

const FINDINGS_SHOWN = 50;

/** What is verified, against which hash, and against which pins; null if none are given. */
interface VerifyAsked {
  readonly subject: string;
  readonly head: string | null;
  readonly pins: Pins | null;
}

/**
 * `lrq verify`: a folder, a run, or the log of the queue. Gives the exit code; `appAddress` is asked for
 * only if lrq is needed. Throws a `UsageError` for a subject that is none of them.
 */
export async function verify(
  { subject, head, pins }: VerifyAsked,
  appAddress: () => AppAddress,
  say: (line: string) => void,
): Promise<ExitCode> {
  if (existsSync(subject)) {
    if (!statSync(subject).isDirectory()) throw new UsageError(`${subject} is not a folder`);
    return await verifyAndTell(subject, { head, pins }, say);
  }
  if (subject === QUEUE_CHAIN) return await verifyQueue(evidenceApi(appAddress()), head, say);
  if (!isRunId(subject)) throw new UsageError(`${subject} is neither a folder nor the id of a run`);
  const api = evidenceApi(appAddress());
  const parent = mkdtempSync(join(tmpdir(), "lrq-verify-"));
  try {
    const folder = join(parent, subject);
    await exportRun(api, subject, folder);
    return await verifyAndTell(folder, { head, pins }, say);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** The queue's log has no end to be held against but one kept elsewhere: it goes on while we read. */
async function verifyQueue(
  api: EvidenceApi,
  head: string | null,
  say: (line: string) => void,
): Promise<ExitCode> {
  const records = await api.audit(null);
  const verdict = verifyAudit(records);
  if (verdict.kind === "broken") {
    say(`NOT  audit: broken at record ${verdict.position}: ${verdict.why}`);
    return EXIT.failed;
  }
  const last = records.at(-1)?.hash ?? null;
  if (head !== null && !records.some((record) => record.hash === head)) {
    say(`NOT  audit: no record has the expected hash ${head}; the log was cut or written again`);
    return EXIT.failed;
  }
  say(`ok   the queue: ${records.length} audit records, all as sealed`);
  say(`head ${last}`);
  return EXIT.done;
}

async function verifyAndTell(
  folder: string,
  { head, pins }: Pick<VerifyAsked, "head" | "pins">,
  say: (line: string) => void,
): Promise<ExitCode> {
  const verified = await verifyFolder(folder, head, pins);
  const { runId, results, auditRecords, findings } = verified;
  if (findings.length === 0) {
    say(`ok   run ${runId}: ${results} results, ${auditRecords} audit records, all as chained`);
    for (const line of proofOf(verified)) say(line);
    if (pins !== null) say("     every library file that ran was as pinned");
    return EXIT.done;
  }
  for (const { where, what } of findings.slice(0, FINDINGS_SHOWN)) say(`NOT  ${where}: ${what}`);
  const more = findings.length - FINDINGS_SHOWN;
  if (more > 0) say(`     and ${more} more`);
  return EXIT.failed;
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

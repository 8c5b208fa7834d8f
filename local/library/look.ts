import type { Reply } from "../../shared/ports.ts";
import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import { compare, type Compared } from "./compare.ts";
import type { TenantLibrary } from "./open-library.ts";
import { readFolder } from "./pinned-folder.ts";
import { planChanges, type ChangePlan } from "./plan-changes.ts";
import { pinsIn } from "./write-pins.ts";

/** Folder, pins and tenant side by side. */
export interface Looked {
  readonly kind: "looked";
  readonly compared: readonly Compared[];
  readonly plan: ChangePlan;
}

/** Why the library could not be read, and the exit code that says so. */
export interface Unread {
  readonly kind: "unread";
  readonly why: string;
  readonly exitCode: ExitCode;
}

/** Compares and plans; one list call. Throws a sentence if the pins are not right. */
export async function look(folder: string, tenant: TenantLibrary): Promise<Looked | Unread> {
  const pins = pinsIn(folder);
  const { files, problems } = readFolder(folder);
  const listed = await tenant.list();
  if (listed.kind !== "answered") return unread(listed);
  const compared = compare(pins, listed.value);
  const plan = planChanges(compared, files);
  return { kind: "looked", compared, plan: { ...plan, problems: [...problems, ...plan.problems] } };
}

type NoAnswer = Exclude<Reply<unknown>, { kind: "answered" }>;

/** The end of a command that got no list. */
export function unread(reply: NoAnswer): Unread {
  const said = `The library could not be read: ${wordsOf(reply)}`;
  if (!isAboutAccess(reply)) return { kind: "unread", why: said, exitCode: EXIT.unreachable };
  const why = `${said} It needs the right Library.Manage: docs/library.md says how to get it.`;
  return { kind: "unread", why, exitCode: EXIT.refused };
}

/** True if Defender lets the caller do nothing here. */
export function isAboutAccess(reply: Reply<unknown>): boolean {
  return reply.kind === "refused" && (reply.httpStatus === 401 || reply.httpStatus === 403);
}

/** Why a call did not do what it should, in Defender's words where there are some. */
export function wordsOf(reply: NoAnswer): string {
  if (reply.kind !== "throttled") return reply.detail;
  return "Defender answers 429 for longer than lrq waits.";
}

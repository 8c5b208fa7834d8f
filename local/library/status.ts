import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import { isDrift, type Compared, type FileState } from "./compare.ts";
import type { LibraryAsked, LibrarySurroundings } from "./asked.ts";
import { look } from "./look.ts";
import type { TenantLibrary } from "./open-library.ts";
import type { ChangePlan } from "./plan-changes.ts";

/** `lrq library status`: what the tenant has, compared with the pins. */
export async function status(
  { folder, check, json }: LibraryAsked,
  { say, complain }: LibrarySurroundings,
  tenant: TenantLibrary,
): Promise<ExitCode> {
  const looked = await look(folder, tenant);
  if (looked.kind === "unread") {
    complain(looked.why);
    return looked.exitCode;
  }
  const { compared } = looked;
  const isAsPinned = !compared.some(isDrift);
  const body = { isAsPinned, files: compared.map(bodyOf) };
  const lines = json ? [JSON.stringify(body)] : [...compared.map(lineOf), sumOf(compared)];
  for (const line of lines) say(line);
  return check && !isAsPinned ? EXIT.failed : EXIT.done;
}

/** `lrq library plan`: what `apply` would change, and what stands in its way. */
export async function plan(
  { folder, check, json }: LibraryAsked,
  { say, complain }: LibrarySurroundings,
  tenant: TenantLibrary,
): Promise<ExitCode> {
  const looked = await look(folder, tenant);
  if (looked.kind === "unread") {
    complain(looked.why);
    return looked.exitCode;
  }
  const { changes, problems } = looked.plan;
  const lines = json ? [JSON.stringify(planBody(looked.plan))] : planLines(looked.plan);
  for (const line of lines) say(line);
  if (problems.length > 0) return EXIT.failed;
  return check && changes.length > 0 ? EXIT.failed : EXIT.done;
}

/** A plan as JSON. */
export function planBody({ hash, changes, problems }: ChangePlan) {
  const told = changes.map(({ does, name, pin, listed }) => {
    return { does, name, sha256: pin?.sha256 ?? null, listed };
  });
  return { hash, changes: told, problems };
}

/** A plan for people; the last line has its hash. */
export function planLines({ hash, changes, problems }: ChangePlan): string[] {
  const steps = changes.map(({ does, name, pin, listed }) =>
    [does.padEnd(8), name, shown(listed), pin === null ? "" : `-> ${shown(pin.sha256)}`]
      .filter((word) => word !== "")
      .join(" "),
  );
  const cannot = problems.map((problem) => `cannot   ${problem}`);
  const last = changes.length === 0 ? "Nothing to change." : `plan ${hash}`;
  return [...steps, ...cannot, last];
}

const WORDS: Readonly<Record<FileState, string>> = {
  same: "as pinned",
  changed: "other bytes than pinned",
  missing: "not in the tenant",
  misspelt: "in the tenant in other letter case",
  left: "from lrq, and pinned no more",
  foreign: "of somebody else",
};

function lineOf({ name, state, pin, listed }: Compared): string {
  const pinned = pin === null || state === "same" ? "" : `, pinned ${shown(pin.sha256)}`;
  const there = listed === null ? "" : `, ${shown(listed.sha256)} there${byWhom(listed)}`;
  return `${state.padEnd(8)} ${name}: ${WORDS[state]}${pinned}${there}`;
}

function byWhom({ createdBy, updatedAtMs }: NonNullable<Compared["listed"]>): string {
  const when = updatedAtMs === null ? "" : ` since ${new Date(updatedAtMs).toISOString()}`;
  return createdBy === null ? when : `${when} from ${createdBy}`;
}

function sumOf(compared: readonly Compared[]): string {
  const count = (fits: (each: Compared) => boolean) => compared.filter(fits).length;
  const same = count(({ state }) => state === "same");
  const foreign = count(({ state }) => state === "foreign");
  return `${same} as pinned, ${count(isDrift)} not, ${foreign} of others`;
}

function bodyOf({ name, state, pin, listed }: Compared) {
  const { sha256 = null, createdBy = null, updatedAtMs = null } = listed ?? {};
  const updatedAt = updatedAtMs === null ? null : new Date(updatedAtMs).toISOString();
  return { name, state, pinned: pin?.sha256 ?? null, listed: sha256, createdBy, updatedAt };
}

/** A hash for people: its beginning. */
function shown(sha256: string | null): string {
  return sha256 === null ? "no hash" : sha256.slice(0, 12);
}

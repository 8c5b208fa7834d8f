import type { AuditFacts } from "../evidence/audit.ts";
import { isoOf } from "../ledger/row/instant.ts";
import { orSetAside, SetAside } from "../ledger/row/set-aside.ts";
import { move } from "../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { Limits } from "../limits/pace/limits.ts";
import {
  changedBetween,
  driftIn,
  FIRST_NOTE,
  noteListed,
  noteTrouble,
  type LibraryNote,
  type ListedFile,
} from "../limits/library/note.ts";
import type { LibraryRules } from "../limits/library/rules.ts";
import type { LibraryFile } from "../plan/library/library-file.ts";
import type { Ports, Reply } from "../ports.ts";
import { factAbout } from "./audit.ts";
import { changeBudget, changeBudgetAlone } from "./change-budget.ts";
import { changeRun } from "./change-run.ts";
import { loadBudget, loadReads, loadRun, loadSequence } from "./load.ts";
import { unlessSetAside } from "./set-aside.ts";
import { spendRead } from "./spend-read.ts";
import { transact, tryTransact, usual, type Transaction } from "./transact.ts";

type ListPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** A list of the library, and a time before it was asked for, epoch milliseconds. */
export interface LibraryList {
  readonly files: readonly LibraryFile[];
  readonly askedAtMs: number;
}

/** Sequences that end while others are marked; each time there are fewer. */
const ROUNDS_MAX = 10;

/** A list takes some seconds at most; meanwhile nobody else asks for one. Our own bound. */
const INTERVAL_MS = 5_000;

/**
 * Asks Defender for the library and notes in the budget what it holds, or why it does not say. If
 * somebody else brings the lists, it only notes that there is none. False if nothing was noted,
 * because somebody else is asking, or others kept writing the budget.
 */
export async function listLibrary(
  ports: ListPorts,
  limits: Limits,
  rules: LibraryRules,
): Promise<boolean> {
  if (rules.lists === "others") return await noteNoList(ports, NOT_BROUGHT);
  const at = { stamp: "libraryAtMs", intervalMs: INTERVAL_MS } as const;
  if (!(await spendRead(ports, limits, "library", { at }))) {
    return (await isAsking(ports)) ? false : await noteNoList(ports, SPENT);
  }
  const askedAtMs = ports.clock.earliest();
  const reply = await ports.defender.listLibrary();
  if (reply.kind !== "answered") return await noteNoList(ports, whyNot(reply));
  return await noteList(ports, rules, { files: reply.value, askedAtMs });
}

/** True if somebody has just asked. If that host dies, the next poll rings for what waits. */
async function isAsking({ ledger, clock }: ListPorts): Promise<boolean> {
  const reads = await orSetAside(loadReads(ledger));
  return !(reads instanceof SetAside) && clock.earliest() < reads.value.libraryAtMs + INTERVAL_MS;
}

const NOT_BROUGHT =
  "Nobody has brought a list of the library lately: send what lrq library list gives with " +
  "POST /api/library/check.";
const SPENT = "The calls for lists of the library are spent.";

function whyNot(reply: Exclude<Reply<unknown>, { kind: "answered" }>): string {
  return reply.kind === "throttled" ? "Defender asked lrq to wait (429)." : reply.detail;
}

async function noteNoList(ports: ListPorts, detail: string): Promise<boolean> {
  ports.log("warn", "libraryUnknown", { detail });
  const noted = await changeBudgetAlone(ports, (budget) => {
    const library = noteTrouble(budget.library ?? FIRST_NOTE, detail, ports.clock.latest());
    return { ...budget, library };
  });
  return noted !== null;
}

/**
 * Notes a list in the budget. Before that, sequences that were running while a file changed are
 * marked, so that no crash leaves one unmarked. A newer list that stands already is kept. False if
 * others kept writing the budget.
 */
export async function noteList(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  rules: Pick<LibraryRules, "pins">,
  list: LibraryList,
): Promise<boolean> {
  const marked = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const came = await tryTransact(ports, usual("the budget"), async (tx) => {
      return await tryNote(tx, rules, list, marked);
    });
    if (came.kind === "contended") return false;
    const { unmarked, changed, turns } = came.value;
    for (const { event, fields } of turns) {
      ports.log(event === "libraryDrift" ? "error" : "info", event, fields);
    }
    if (unmarked.length === 0) return true;
    for (const sequenceId of unmarked) {
      await unlessSetAside(ports, null, () => markChanged(ports, sequenceId, changed, list));
      marked.add(sequenceId);
    }
  }
  return false;
}

/** What one try came to; if sequences have to be marked first, nothing was noted. */
interface Noted {
  readonly unmarked: readonly string[];
  readonly changed: readonly ListedFile[];
  readonly turns: readonly Turn[];
}

async function tryNote(
  tx: Transaction,
  { pins }: Pick<LibraryRules, "pins">,
  { files, askedAtMs }: LibraryList,
  marked: ReadonlySet<string>,
): Promise<Noted> {
  const stored = await loadBudget(tx);
  const before = stored.value.library ?? FIRST_NOTE;
  const nothing = { unmarked: [], changed: [], turns: [] };
  if (before.listedAtMs >= askedAtMs) return nothing;
  const after = noteListed(before, files, { pins, askedAtMs });
  const changed = changedBetween(before, after);
  const unmarked = changed.length === 0 ? [] : runningSince(stored.value, before, marked);
  if (unmarked.length > 0) return { ...nothing, unmarked, changed };
  const turns = turnsOf(before, after, pins);
  const facts = turns.map(({ event, detail }): AuditFacts => {
    return { at: isoOf(askedAtMs), event, by: null, sequences: [], detail };
  });
  changeBudget(tx, stored, { ...stored.value, library: after }, facts);
  return { ...nothing, turns };
}

/** Sequences that were running since the last list, but for those that are marked. */
function runningSince(
  { sessions }: Budget,
  { ended }: LibraryNote,
  marked: ReadonlySet<string>,
): string[] {
  const open = sessions
    .filter(({ usesLibrary }) => usesLibrary)
    .map(({ sequenceId }) => sequenceId);
  return [...open, ...ended].filter((sequenceId) => !marked.has(sequenceId));
}

/** A file that drifts since this list, or is as pinned again. */
interface Turn {
  readonly event: "libraryDrift" | "libraryMended";
  readonly detail: string;
  readonly fields: {
    readonly file: string;
    readonly pinned: string;
    readonly listed: string | null;
  };
}

function turnsOf(before: LibraryNote, after: LibraryNote, pins: LibraryRules["pins"]): Turn[] {
  const drifted = driftIn(before, pins);
  return after.files.flatMap(({ name, sha256 }): Turn[] => {
    const pinned = pins.get(name);
    const was = drifted.find((each) => each.name === name);
    if (pinned === undefined) return [];
    const fields = { file: name, pinned, listed: sha256 };
    if (sha256 === pinned) {
      const detail = `${name} is as pinned again: ${pinned}`;
      return was === undefined ? [] : [{ event: "libraryMended", detail, fields }];
    }
    if (was !== undefined && was.sha256 === sha256) return [];
    const detail = `${name} is pinned as ${pinned}, and is ${sha256 ?? "not there"}`;
    return [{ event: "libraryDrift", detail, fields }];
  });
}

/**
 * Marks the claims of a sequence that ran with a file that was changed meanwhile, in its record and
 * in the log of its run. A custody entry that is written later has the mark, too.
 */
async function markChanged(
  ports: Pick<Ports, "ledger" | "clock" | "random">,
  sequenceId: string,
  changed: readonly ListedFile[],
  { askedAtMs }: LibraryList,
): Promise<void> {
  await transact(ports, usual(sequenceId), async (tx) => {
    const before = await loadSequence(tx, sequenceId);
    const run = before === null ? null : await loadRun(tx, before.value.runId);
    if (before === null || run === null) return;
    const { claims, names } = withChange(before.value, changed, askedAtMs);
    if (names.length === 0) return;
    const after = { ...before.value, claims };
    tx.stage(move(before, after));
    const detail = `while it ran, the library's ${names.join(", ")} changed`;
    changeRun(tx, run, run.value, [
      factAbout("libraryChanged", [after], { atMs: askedAtMs, detail }),
    ]);
  });
}

function withChange(
  { claims }: SequenceRecord,
  changed: readonly ListedFile[],
  atMs: number,
): { readonly claims: SequenceRecord["claims"]; readonly names: readonly string[] } {
  const names = new Set<string>();
  const next = claims.map((claim) => {
    const touched = (claim.files?.files ?? []).filter(({ name }) => {
      return changed.some((each) => each.name === name);
    });
    const { files } = claim;
    const isNew = files !== null && touched.length > 0 && files.changedAtMs === null;
    if (!isNew) return claim;
    for (const { name } of touched) names.add(name);
    return { ...claim, files: { ...files, changedAtMs: Math.floor(atMs) } };
  });
  return { claims: next, names: [...names] };
}

import { z } from "zod";
import { type Decision, decisionSchema, verifyDecisions } from "../../shared/evidence/decision.ts";
import type { Statement } from "../../shared/evidence/statement.ts";
import {
  auditText,
  bySequence,
  DECISIONS,
  type FolderStatements,
  tellsDecisions,
} from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { parsed } from "./parsed-json.ts";
import { readPlainText } from "./plain-files.ts";
import { checkEnd, nameOf } from "./verify-seals.ts";

/** A line of the file, as far as its place depends on it. */
const lineSchema = z.object({
  number: z.int(),
  hash: z.string(),
  sequenceId: z.string(),
  queueNumber: z.int(),
});
interface Line extends z.infer<typeof lineSchema> {
  /** As it was read, whatever else is in it. */
  readonly raw: unknown;
}

/**
 * Checks what the queue decided: each sequence has its own chain, whose end every statement names.
 * The chain may be longer, for a late action can come to light after the seal. Gives the decisions
 * about each sequence that has a complete chain.
 */
export function checkDecisions(
  folder: string,
  statements: FolderStatements,
  found: Found,
): ReadonlyMap<string, readonly Decision[]> {
  const { seals, last } = statements;
  const chains = tellsDecisions(last) ? readChains(folder, last, found) : null;
  if (chains === null) return new Map();
  for (const [sequenceId, links] of chains) {
    const verdict = verifyDecisions(
      links.map(({ raw }) => raw),
      null,
    );
    const place = verdict.kind === "broken" ? verdict.position : firstTooEarly(links);
    const why = verdict.kind === "broken" ? verdict.why : "is not later than the one before it";
    if (place !== null) found(DECISIONS, `${sequenceId}: broken at decision ${place}: ${why}`);
  }
  for (const each of new Set([...seals.map(({ statement }) => statement), last])) {
    checkEnds(each, last, { chains, found });
  }
  return new Map(
    [...chains].map(([sequenceId, links]) => [sequenceId, links.flatMap(decisionsIn)]),
  );
}

function decisionsIn({ raw }: Line): readonly Decision[] {
  const read = decisionSchema.safeParse(raw);
  return read.success ? [read.data] : [];
}

/** The decisions about each sequence, in the order of the sequences; null if a line is none. */
function readChains(
  folder: string,
  last: Statement,
  found: Found,
): ReadonlyMap<string, readonly Line[]> | null {
  const text = readPlainText(folder, DECISIONS, found);
  if (text === null) return null;
  const lines = text.split("\n").slice(0, -1);
  const read = lines.map(readLine).filter((line) => line !== null);
  if (read.length < lines.length) {
    found(DECISIONS, "has a line that is not a decision");
    return null;
  }
  const groups = bySequence(read);
  const named = last.sequences.filter(({ decisions = null }) => decisions !== null);
  const chains = new Map(
    named.map(({ sequenceId }): [string, readonly Line[]] => [
      sequenceId,
      groups.get(sequenceId) ?? [],
    ]),
  );
  if (text !== auditText([...chains.values()].flat().map(({ raw }) => raw))) {
    found(DECISIONS, "is not what lrq writes of the sequences that have a complete chain");
  }
  return chains;
}

function readLine(line: string): Line | null {
  const raw = parsed(line, z.unknown());
  const read = lineSchema.safeParse(raw).data;
  return read === undefined ? null : { ...read, raw };
}

/** Counts from 1; null if each is later in the queue's log than the one before it. */
function firstTooEarly(links: readonly Line[]): number | null {
  const place = links.findIndex(
    ({ queueNumber }, index) => queueNumber <= (links[index - 1]?.queueNumber ?? 0),
  );
  return place < 0 ? null : place + 1;
}

function checkEnds(
  statement: Statement,
  last: Statement,
  { chains, found }: { chains: ReadonlyMap<string, readonly Line[]>; found: Found },
): void {
  if (!tellsDecisions(statement)) return;
  for (const { sequenceId, decisions = null } of statement.sequences) {
    const links = chains.get(sequenceId);
    // If the last statement says nothing of it, an older version has worked on it since.
    const isGone =
      links === undefined && last.sequences.some((each) => each.sequenceId === sequenceId);
    if (decisions === null || isGone) continue;
    const noun = `decision about ${sequenceId}`;
    checkEnd(nameOf(statement), { ...decisions, noun }, links ?? [], found);
  }
}

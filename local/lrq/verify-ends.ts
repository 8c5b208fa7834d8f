import type { AuditRecord } from "../../shared/evidence/audit.ts";
import type { Decision } from "../../shared/evidence/decision.ts";
import type { Statement } from "../../shared/evidence/statement.ts";
import { isTerminal } from "../../shared/ledger/sequence/sequence.ts";
import { AUDIT, DECISIONS } from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { nameOf } from "./verify-seals.ts";

type Sequence = Statement["sequences"][number];

/** A log keeps so many characters of an action's id (`audit.ts`); Defender's own have 36. */
const ID_CHARACTERS = 100;

/** What a statement is held against: the log of the run, and the queue's decisions. */
interface Told {
  readonly records: readonly AuditRecord[];
  /** The decisions about each sequence; none of a sequence whose chain may lack one. */
  readonly chains: ReadonlyMap<string, readonly Decision[]>;
}

/** How a sequence ended, as a log tells it. */
interface End {
  readonly where: string;
  readonly detail: string;
  readonly actionIds: readonly string[];
}

/**
 * Whether decisions and log tell of the same end of each sequence, and of the same action, as the
 * statement. Says nothing of a sequence that an older version of the app has worked on. An action
 * that had ended when lrq first saw it has no decision but the end.
 */
export function checkEndings(statement: Statement, told: Told, found: Found): void {
  const name = nameOf(statement);
  const inRun = endsInRun(statement, told.records);
  for (const sequence of statement.sequences) {
    const { sequenceId, decisions = null } = sequence;
    const chain = told.chains.get(sequenceId);
    if (decisions === null || chain === undefined) continue;
    const links = chain.slice(0, decisions.count);
    if (sequence.submittedAt !== null && !links.some(({ event }) => event === "claimed")) {
      found(DECISIONS, `has no claim of ${sequenceId}, which ${name} says was submitted`);
    }
    const ends = [...links.flatMap(endIn), ...(inRun.get(sequenceId) ?? [])];
    for (const end of ends) checkEnd(sequence, end, { name, found });
    if (isTerminal(sequence) && ends.length === 0) {
      found(DECISIONS, `has no end of ${sequenceId}, which is ${sequence.state} in ${name}`);
    }
  }
}

/** What the log of the run says of ends, up to the record that the statement names as its end. */
function endsInRun(
  { audit }: Statement,
  records: readonly AuditRecord[],
): ReadonlyMap<string, readonly End[]> {
  const ends = new Map<string, End[]>();
  for (const { number, event, detail, sequences } of records) {
    if (number > audit.count || !isEnd(event)) continue;
    for (const { sequenceId, machineActionId } of sequences) {
      const actionIds = machineActionId === null ? [] : [machineActionId];
      const own = ends.get(sequenceId) ?? [];
      ends.set(sequenceId, [...own, { where: AUDIT, detail, actionIds }]);
    }
  }
  return ends;
}

function endIn({ event, detail, machineActionIds: actionIds }: Decision): End[] {
  return isEnd(event) ? [{ where: DECISIONS, detail, actionIds }] : [];
}

function isEnd(event: AuditRecord["event"]): boolean {
  return event === "ended" || event === "refused";
}

function checkEnd(
  { sequenceId, state, outcome, machineActionId }: Sequence,
  { where, detail, actionIds }: End,
  { name, found }: { readonly name: string; readonly found: Found },
): void {
  const isSame =
    outcome === null ? detail === state : detail.startsWith(`${state}, ${outcome.code}: `);
  if (!isSame) found(where, `has another end of ${sequenceId} than ${name}, where it is ${state}`);
  if (actionIds.join() !== (machineActionId ?? "").slice(0, ID_CHARACTERS)) {
    found(where, `has the end of another action of ${sequenceId} than ${name}`);
  }
}

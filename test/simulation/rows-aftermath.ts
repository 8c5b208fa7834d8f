import { rowsIn } from "../../shared/evidence/rows/row-block.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { RowStore } from "../../shared/ports.ts";
import { rowsOfRound } from "../../shared/workflow/view/rows/read-round.ts";
import { SWEPT_NAME } from "./profiles.ts";
import type { World } from "./world.ts";

/** A round by its sweep and number. */
export interface RoundOf {
  readonly name: string;
  readonly number: number;
}

/** What a reader of a round gets of one machine. */
interface Answer {
  readonly machineId: string;
  readonly sequenceId: string;
  readonly count: number;
  /** The action that the machine named in its only row. */
  readonly actionId: unknown;
}

/** The answers in a round. Throws what the store throws. */
export async function answersOf(store: RowStore, round: RoundOf): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for await (const { header, body } of rowsOfRound(store, round)) {
    const { machineId, sequenceId, count } = header;
    answers.push({ machineId, sequenceId, count, actionId: rowsIn(body)[0]?.[0] });
  }
  return answers;
}

/** The rounds that these sequences are of. */
export function roundsOf(records: readonly SequenceRecord[]): readonly RoundOf[] {
  const rounds = new Map<string, RoundOf>();
  for (const { sweep } of records) {
    if (sweep === null) continue;
    rounds.set(`${sweep.name} ${sweep.round}`, { name: sweep.name, number: sweep.round });
  }
  return [...rounds.values()];
}

/** The sequences of a round whose result is stored, so that its rows have to be there. */
export function storedIn(
  records: readonly SequenceRecord[],
  { name, number }: RoundOf,
): readonly SequenceRecord[] {
  return records.filter(
    ({ sweep, profile, results }) =>
      sweep?.name === name &&
      sweep.round === number &&
      profile.name === SWEPT_NAME &&
      results.some(({ state }) => state === "stored"),
  );
}

/** Judges the rows of all rounds when everything has ended, and no store fails any more. */
export async function checkRowsOf(
  { court, rows }: World,
  records: readonly SequenceRecord[],
): Promise<void> {
  for (const round of roundsOf(records)) {
    const of = `round ${round.number} of ${round.name}`;
    const answers = await answersOf(rows, round);
    const machines = answers.map(({ machineId }) => machineId);
    if (new Set(machines).size !== machines.length) {
      court.fail("answers", `${of} has the rows of a machine twice`);
    }
    for (const { sequenceId, machineId, results } of storedIn(records, round)) {
      // Every machine here answers with one row that nothing is wrong with.
      const said = results[0]?.rows ?? null;
      if (said?.count !== 1) {
        court.fail("answers", `${sequenceId} says of its rows ${JSON.stringify(said)}`);
      }
      if (!machines.includes(machineId)) {
        court.fail("answers", `${of} has no rows of ${machineId}, and ${sequenceId} is stored`);
      }
    }
    for (const answer of answers) checkAnswer(court, of, answer, records);
  }
}

function checkAnswer(
  court: World["court"],
  of: string,
  { sequenceId, machineId, count, actionId }: Answer,
  records: readonly SequenceRecord[],
): void {
  const record = records.find((each) => each.sequenceId === sequenceId);
  const isOwn = record?.machineId === machineId && record.results[0]?.actionId === actionId;
  if (count !== 1 || !isOwn) {
    court.fail("answers", `${of} has ${count} rows of ${machineId}, by ${String(actionId)}`);
  }
}

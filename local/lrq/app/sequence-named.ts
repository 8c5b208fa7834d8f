import { isSequenceId, runOfSequence } from "../../../shared/plan/identity.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop, UsageError } from "../command/stop.ts";
import type { Lrq } from "./lrq.ts";
import { isOnMachine, runSchema, type Sequence } from "./run.ts";
import { runIdNamed } from "./run-named.ts";

/** What somebody typed for one sequence. */
export interface NamedSequence {
  /** The id of a sequence, or a run. */
  readonly text: string;
  /** The machine of the run; null if the text is the id of a sequence. */
  readonly machine: string | null;
  /** Which sequences can be meant. */
  readonly fits: (sequence: Sequence) => boolean;
}

/** The sequence that is meant; throws if there is none that fits, or more than one. */
export async function sequenceNamed(
  lrq: Lrq,
  { text, machine, fits }: NamedSequence,
): Promise<Sequence> {
  const isId = isSequenceId(text);
  if (!isId && machine === null) throw new UsageError("name the machine: --machine NAME");
  const runId = isId ? runOfSequence(text) : runIdNamed(text);
  const { value: run } = await lrq.get(`runs/${runId}`, runSchema);
  const named = run.sequences.filter((each) =>
    isId ? each.sequenceId === text : isOnMachine(each, machine ?? ""),
  );
  if (named.length === 0) {
    throw new Stop(EXIT.notFound, `Run ${runId} has no such machine or sequence.`, {
      todo: `lrq show ${runId} lists its machines.`,
    });
  }
  const [only, ...others] = named.filter(fits);
  if (only === undefined) {
    const states = named.map(({ state }) => state).join(", ");
    throw new Stop(EXIT.refused, `This cannot be done to what is ${states}.`);
  }
  if (others.length === 0) return only;
  const ids = [only, ...others].map(({ sequenceId }) => sequenceId).join(", ");
  throw new UsageError(`the machine has several sequences; name one of them: ${ids}`);
}

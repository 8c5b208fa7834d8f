/** An incident as it was sent, and what its two senders were answered with 202. */
export interface Sent {
  readonly incidentId: string;
  readonly machineIds: readonly string[];
  readonly answers: readonly { readonly runId: string; readonly sequenceIds: readonly string[] }[];
}

/** A sequence as lrq tells of it in the end. */
export interface ReportedSequence {
  readonly sequenceId: string;
  readonly machineId: string;
  readonly state: string;
  /** Results that are still to be fetched. */
  readonly owed: number;
  /** Whether it has an end, and if that is no success, a reason for it. */
  readonly isExplained: boolean;
}

export interface ReportedRun {
  readonly runId: string;
  readonly state: string;
  readonly sequences: readonly ReportedSequence[];
  /** What is wrong with its evidence once it was brought out. */
  readonly findings: readonly string[];
}

/** An action as Defender has it. */
export interface DoorAction {
  readonly id: string;
  readonly comment: string | null;
  /** A command of it has begun. */
  readonly hasRun: boolean;
}

/** All that a verdict needs: what was sent, what lrq says, and what Defender saw. */
export interface Facts {
  readonly sent: readonly Sent[];
  readonly runs: readonly ReportedRun[];
  readonly actions: readonly DoorAction[];
  /** Actions that lrq itself says are one too many. */
  readonly saidTwice: ReadonlySet<string>;
  /** When POSTs came to the door, in the order they came; milliseconds. */
  readonly arrivalsAtMs: readonly number[];
  readonly limit: { readonly calls: number; readonly windowMs: number };
  readonly violations: readonly string[];
  /** What is wrong with the log of the queue. */
  readonly logFindings: readonly string[];
}

export interface Verdict {
  /** What came about, in lines for people. */
  readonly summary: readonly string[];
  /** Every promise that was not kept. */
  readonly findings: readonly string[];
}

const MARK = /^\[lrq:([0-9a-z.]+)\.(\d+)\.\d+\](?:~[0-9a-f]+)? /;

/**
 * Whether the promises held: nothing lost, every run ended, each sequence done once or said to be
 * twice, never over the limit, and evidence that verifies. It counts at Defender's door, and takes
 * nobody's word for what came there.
 */
export function judge(facts: Facts): Verdict {
  const { sent, runs, actions, arrivalsAtMs, violations, logFindings } = facts;
  const twice = doneTwice(facts);
  const unsaid = twice.filter(({ isSaid }) => !isSaid);
  const findings = [
    ...sent.flatMap((each) => lostOf(each, runs)),
    ...runs.flatMap(unended),
    ...runs.flatMap((run) => neverSent(run, actions)),
    ...unsaid.map(({ what }) => `${what} was done twice, and lrq does not say so`),
    ...overLimit(facts),
    ...violations.map((each) => `Defender complains: ${each}`),
    ...runs.flatMap((run) => run.findings.map((each) => `evidence of ${run.runId}: ${each}`)),
    ...logFindings.map((each) => `the queue's log: ${each}`),
  ];
  const sequences = runs.flatMap((run) => run.sequences);
  const succeeded = sequences.filter(({ state }) => state === "succeeded").length;
  const summary = [
    `${sent.length} incidents, each sent twice at once; ${sequences.length} sequences, ${succeeded} succeeded`,
    `${arrivalsAtMs.length} POSTs came to Defender, ${actions.length} actions were made`,
    `${twice.length} done twice, ${twice.length - unsaid.length} of them reported by lrq`,
  ];
  return { summary, findings };
}

function lostOf({ incidentId, machineIds, answers }: Sent, runs: readonly ReportedRun[]): string[] {
  const [first] = answers;
  if (first === undefined || answers.length < 2) return [`${incidentId} was not accepted twice`];
  const same = JSON.stringify(first);
  if (answers.some((each) => JSON.stringify(each) !== same)) {
    return [`the two senders of ${incidentId} got different answers`];
  }
  const run = runs.find(({ runId }) => runId === first.runId);
  if (run === undefined) return [`the run of ${incidentId} is lost`];
  return machineIds.flatMap((machineId) => {
    const count = run.sequences.filter((each) => each.machineId === machineId).length;
    return count === 1 ? [] : [`${incidentId} has ${count} sequences for machine ${machineId}`];
  });
}

function unended({ runId, state, sequences }: ReportedRun): string[] {
  const open = sequences.filter(({ isExplained, owed }) => !isExplained || owed > 0);
  return [
    ...(state === "finished" ? [] : [`run ${runId} has not ended`]),
    ...open.map((each) => `${each.sequenceId} is ${each.state}, with ${each.owed} results owed`),
  ];
}

function neverSent({ sequences }: ReportedRun, actions: readonly DoorAction[]): string[] {
  const ran = new Set(actions.filter(({ hasRun }) => hasRun).map(sequenceOf));
  return sequences
    .filter(({ state, sequenceId }) => state === "succeeded" && !ran.has(sequenceId))
    .map(({ sequenceId }) => `lrq says that ${sequenceId} succeeded, but nothing ran`);
}

/** Parts of sequences of which more than one action has run, and whether lrq says so. */
function doneTwice({ actions, saidTwice }: Facts): { what: string; isSaid: boolean }[] {
  const ofPart = new Map<string, DoorAction[]>();
  for (const action of actions.filter(({ hasRun }) => hasRun)) {
    const [, sequenceId, part] = MARK.exec(action.comment ?? "") ?? [];
    if (sequenceId === undefined) continue;
    const what = `part ${part} of ${sequenceId}`;
    ofPart.set(what, [...(ofPart.get(what) ?? []), action]);
  }
  return [...ofPart]
    .filter(([, same]) => same.length > 1)
    .map(([what, same]) => {
      const said = same.filter(({ id }) => saidTwice.has(id)).length;
      return { what, isSaid: said >= same.length - 1 };
    });
}

function sequenceOf({ comment }: DoorAction): string {
  return MARK.exec(comment ?? "")?.[1] ?? "";
}

function overLimit({ arrivalsAtMs, limit }: Facts): string[] {
  const { calls, windowMs } = limit;
  const over = arrivalsAtMs.filter((atMs, index) => {
    const before = arrivalsAtMs[index - calls];
    return before !== undefined && atMs - before < windowMs;
  });
  return over.length === 0 ? [] : [`${over.length} POSTs came over the limit of ${calls}`];
}

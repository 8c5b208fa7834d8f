import type { Simulator } from "../../local/defender-simulator/simulator.ts";
import type { AuditRecord } from "../../shared/evidence/audit.ts";
import { markOf } from "../simulation/door-judge.ts";
import { until } from "./until.ts";

/* What work leaves behind, so that a story can tell that it was done, or cut off. */

/** Returns once so many POSTs have come to Defender's door. */
export async function untilArrived(simulator: Simulator, count: number): Promise<void> {
  const came = () => simulator.arrivals().length;
  await until(
    came,
    (posts) => posts >= count,
    (posts) => `${posts} POSTs came, not ${count}`,
  );
}

/** The sequences whose POSTs have come to the door so far. */
export function postedSequences(simulator: Simulator): string[] {
  return simulator.arrivals().map(({ comment }) => markOf(comment)?.sequenceId ?? "no tag");
}

/** The sequences whose POSTs some host got an action for, by what the hosts logged. */
export function answeredSequences(log: readonly string[]): string[] {
  const answered = /"event":"submitted","sequenceId":"([^"]+)".*"came":"accepted"/;
  return log.map((line) => answered.exec(line)?.[1]).filter((each) => each !== undefined);
}

/** The sequences that an audit log tells this of, once for each time. */
export function auditedSequences(
  records: readonly AuditRecord[],
  event: AuditRecord["event"],
): string[] {
  return records
    .filter((each) => each.event === event)
    .flatMap(({ sequences }) => sequences.map(({ sequenceId }) => sequenceId));
}

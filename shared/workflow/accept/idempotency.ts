import { createHash } from "node:crypto";
import { keySchema, type AcceptedKey } from "../../ledger/run/accepted.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import { keyKey } from "../../ledger/row/keys.ts";
import { answer, type Acceptance, type AcceptPorts, type Submission } from "./answer.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";

/** What was answered to this key, or that it was used for another request; null if it is new. */
export async function acceptedBefore(
  ports: Pick<AcceptPorts, "ledger">,
  keyHash: string,
  submission: Submission,
): Promise<Acceptance | null> {
  const row = await ports.ledger.read(keyKey(keyHash));
  if (row === null) return null;
  const key = valueOf(keySchema, row);
  if (key.requestHash !== submission.requestHash) {
    const detail =
      "This Idempotency-Key was used for another request; send a new key, or the same body.";
    return { kind: "keyReused", detail };
  }
  const run = await loadRun(ports.ledger, key.runId);
  if (run === null) throw new Error(`run ${key.runId} is gone, but its key is not`);
  const ids = new Set(key.sequenceIds);
  const sequences = (await listSequences(ports.ledger, run.value)).records.filter((each) =>
    ids.has(each.sequenceId),
  );
  return answer(run.value, sequences, new Map(), run.value);
}

/** The keys of one caller are separate from those of others. */
export function keyHashOf({ caller, idempotencyKey }: Submission): string | null {
  if (idempotencyKey === null) return null;
  return createHash("sha256").update(`${caller.length}:${caller}${idempotencyKey}`).digest("hex");
}

/** The row by which the answer is found again. */
export function keyRowOf(
  keyHash: string | null,
  { requestHash }: Submission,
  runId: string,
  sequenceIds: readonly string[],
): { key: string; body: unknown } | null {
  if (keyHash === null) return null;
  const body: AcceptedKey = {
    v: 1,
    runId,
    requestHash,
    sequenceIds: [...sequenceIds],
  };
  return { key: keyKey(keyHash), body };
}

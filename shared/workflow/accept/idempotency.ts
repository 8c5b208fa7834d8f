import { createHash } from "node:crypto";
import { keySchema, type AcceptedKey } from "../../ledger/run/accepted.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import { keyKey } from "../../ledger/row/keys.ts";
import { answer, type Acceptance, type Submission } from "./answer.ts";
import { REPLAYED } from "./request.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";
import { transact, usual, type Store } from "../../store/transact.ts";

/**
 * What was answered to this key, or that it was used for another request, or that this is a copy of
 * a signed message; null if the key is new.
 */
export async function acceptedBefore(
  ports: Store,
  keyHash: string,
  submission: Submission,
): Promise<Acceptance | null> {
  const used = await usedBefore(ports, keyKey(keyHash), submission);
  if (used === null) return null;
  if (used.kind !== "sameRequest") return used;
  const { key } = used;
  const run = await loadRun(ports.ledger, key.runId);
  if (run === null) throw new Error(`run ${key.runId} is gone, but its key is not`);
  const ids = new Set(key.sequenceIds);
  const sequences = (await listSequences(ports.ledger, run.value)).records.filter((each) =>
    ids.has(each.sequenceId),
  );
  return answer(run.value, sequences, new Map(), run.value);
}

type Used =
  | { readonly kind: "sameRequest"; readonly key: AcceptedKey }
  | Extract<Acceptance, { kind: "keyReused" | "replayed" }>;

/**
 * What the key was used for. A message that was signed anew leaves its time in the row, so that a
 * copy of this try is known, too.
 */
async function usedBefore(
  store: Store,
  rowKey: string,
  { requestHash, signedAtSeconds }: Submission,
): Promise<Used | null> {
  return await transact<Used | null>(store, usual("an idempotency key"), async (tx) => {
    const row = await tx.read(rowKey);
    if (row === null) return null;
    const key = valueOf(keySchema, row);
    if (key.requestHash !== requestHash) return { kind: "keyReused", detail: KEY_REUSED };
    if (signedAtSeconds === null) return { kind: "sameRequest", key };
    const lastSeconds = key.signedAtSeconds ?? 0;
    if (signedAtSeconds <= lastSeconds) return { kind: "replayed", detail: REPLAYED };
    const { etag } = row;
    tx.stage([{ op: "replace", key: rowKey, body: { ...key, signedAtSeconds }, etag }]);
    return { kind: "sameRequest", key };
  });
}

const KEY_REUSED =
  "This Idempotency-Key was used for another request; send a new key, or the same body.";

/** The keys of one caller are separate from those of others. */
export function keyHashOf({ caller, idempotencyKey }: Submission): string | null {
  if (idempotencyKey === null) return null;
  return createHash("sha256").update(`${caller.length}:${caller}${idempotencyKey}`).digest("hex");
}

/** The row by which the answer is found again. */
export function keyRowOf(
  keyHash: string | null,
  { requestHash, signedAtSeconds }: Submission,
  runId: string,
  sequenceIds: readonly string[],
): { key: string; body: unknown } | null {
  if (keyHash === null) return null;
  const body: AcceptedKey = {
    v: 1,
    runId,
    requestHash,
    sequenceIds: [...sequenceIds],
    signedAtSeconds,
  };
  return { key: keyKey(keyHash), body };
}

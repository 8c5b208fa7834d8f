import { createHash } from "node:crypto";
import { z } from "zod";
import { statementText } from "../../evidence/statement.ts";
import { sealIn, sealsOf } from "../../ledger/row/keys.ts";
import { isSealed, sealPieceSchema } from "../../ledger/run/seal.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { listAll } from "../../store/list-all.ts";
import { loadReadableBudget, loadRun } from "../../store/load.ts";
import { sealRun, statementNow } from "../../store/seal-run.ts";
import { unlessSetAside } from "../../store/set-aside.ts";

/** The seals of a run, as files: the hash of a seal is the SHA-256 of its text. */
export interface Seals {
  readonly v: 1;
  readonly runId: string;
  readonly seals: readonly SealText[];
  /** The present run if no seal covers it, because it goes on or cannot be sealed. */
  readonly unsealed: string | null;
}

interface SealText {
  readonly number: number;
  readonly hash: string;
  readonly text: string;
}

/**
 * All seals of a run, and its present state if it has gone on since; null if there is no such run.
 * If a finished run has no seal, because an older version of the app finished it, it is sealed
 * first.
 */
export async function readSeals(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  runId: string,
): Promise<Seals | null> {
  if (!isRunId(runId)) return null;
  await unlessSetAside(ports, null, () => sealRun(ports, runId));
  const run = (await loadRun(ports.ledger, runId))?.value ?? null;
  if (run === null) return null;
  const seals = await sealTexts(ports, run);
  if (isSealed(run)) return { v: 1, runId, seals, unsealed: null };
  const atMs = Math.floor(ports.clock.earliest());
  const queue = (await loadReadableBudget(ports.ledger))?.value.audit ?? null;
  const now = await statementNow(ports.ledger, run, { as: "unsealed", queue, atMs });
  const { text } = statementText(now);
  return { v: 1, runId, seals, unsealed: text };
}

/**
 * The first one first. Of a large seal there may be texts that nobody names, because the run had
 * changed before the run could name them.
 */
async function sealTexts({ ledger }: Pick<Ports, "ledger">, run: RunRecord): Promise<SealText[]> {
  const texts = new Map<number, Map<string | null, string>>();
  for (const row of await listAll(ledger, sealsOf(run.runId))) {
    const { number, hash } = sealIn(row.key);
    const of = texts.get(number) ?? new Map<string | null, string>();
    of.set(hash, (of.get(hash) ?? "") + valueOf(sealPieceSchema, row).text);
    texts.set(number, of);
  }
  const seals: SealText[] = [];
  let named = run.seal?.hash ?? "";
  for (const [number, of] of [...texts].toReversed()) {
    const text = of.get(named) ?? of.get(null);
    if (text === undefined) continue;
    seals.unshift({ number, hash: createHash("sha256").update(text).digest("hex"), text });
    named = previousIn(text);
  }
  return seals;
}

const linked = z.object({ seal: z.object({ previous: z.string() }) });

/** The hash of the seal before; empty if the text does not tell. */
function previousIn(text: string): string {
  try {
    return linked.parse(JSON.parse(text)).seal.previous;
  } catch {
    return "";
  }
}

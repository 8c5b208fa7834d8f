import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import { lostNewer, withNewer } from "./newer-fields.ts";
import type { Ledger } from "../../shared/ports.ts";
import type { Court } from "./invariants.ts";
import type { OddRow, Versions } from "./scenario.ts";
import { between, chance, oneOf, stream } from "./streams.ts";

/** Guarded by an ETag wherever they are written; index rows go with their record. */
const KINDS = [
  "sequence!",
  "sequence!",
  "run!",
  "rate-token",
  "machine!",
  "asked",
  "notice!",
  "opening!",
  "intake!",
  "planned!",
  "ready!",
  "owed!",
] as const;
/** Over before the last fault, so that all has ended in time. */
const ODD_UNTIL_MS = 420_000;

/** What another version writes is looked at in every commit, which costs a fifth more. */
const MIXED_SHARE = 0.2;
const ODD_SHARE = 0.25;

/** By a stream of its own, so that all others stay as they were. */
export function drawVersions(seed: number): Versions {
  const random = stream(seed, "versions");
  const odd = Array.from({ length: chance(random, ODD_SHARE) ? 3 : 0 }, (): OddRow => {
    const atMs = between(random, 5_000, ODD_UNTIL_MS - 200_000);
    return { kind: oneOf(random, KINDS), atMs, forMs: between(random, 5_000, 150_000) };
  });
  return { mixed: chance(random, MIXED_SHARE), odd };
}

/** The changes as the newer version writes them. */
export async function asNewer(changes: readonly RowChange[]): Promise<readonly RowChange[]> {
  return changes.map((each) =>
    each.op === "delete" ? each : { ...each, body: withNewer(each.key, each.body) },
  );
}

/**
 * The changes as a version writes them that knows no seals, no decisions and no summaries: it asks
 * for no seal, links nothing, and keeps what run and sequence say of them. The end of the queue's
 * log it writes anew.
 */
export function asOlder({ read }: Pick<Ledger, "read">) {
  return async (changes: readonly RowChange[]): Promise<readonly RowChange[]> => {
    if (changes.some(({ key }) => key.startsWith("seal!"))) return changes;
    const older: RowChange[] = [];
    for (const each of changes) {
      if (/^(?:over|summary|team|running|history|hostname)!/.test(each.key) && !isDropped(each))
        continue;
      if (each.op === "delete") older.push(each);
      else if (each.key.startsWith("run!")) {
        const { sealAsked = 0, tally, summary } = Object((await read(each.key))?.body);
        const body = { ...Object(each.body), sealAsked, tally, summary };
        older.push(Object.assign({}, each, { body }));
      } else if (each.key === RATE_TOKEN_KEY || each.key.startsWith("sequence!")) {
        older.push(unlinked(each, (await read(each.key))?.body));
      } else older.push(each);
    }
    // It never mends a history, but one of its reconciles here does.
    return older.length === 0 ? changes : older;
  };
}

/** Whoever is asked for a seal drops its note, whatever version it is. */
function isDropped({ key, op }: RowChange): boolean {
  return key.startsWith("over!") && op === "delete";
}

/** The budget or a sequence without what links decisions, or with what was there before. */
function unlinked(change: Exclude<RowChange, { op: "delete" }>, before: unknown): RowChange {
  const body = Object(change.body);
  if (change.key !== RATE_TOKEN_KEY) {
    const { decisions, inHistory } = Object(before);
    return { ...change, body: { ...body, decisions, inHistory } };
  }
  const stood = Object(before).audit;
  const { count, head } = body.audit;
  return { ...change, body: { ...body, audit: stood?.count === count ? stood : { count, head } } };
}

/** Sees every commit, and fails the court where one loses what the newer version wrote. */
export function createNarrowJudge(court: Court): (changes: readonly RowChange[]) => void {
  const bodies = new Map<string, unknown>();
  return (changes) => {
    for (const each of changes) {
      if (each.op === "delete") bodies.delete(each.key);
      else {
        const lost = lostNewer(each.key, bodies.get(each.key), each.body);
        if (lost.length > 0) court.fail("narrowed", `${lost.join(", ")} lost a field`);
        bodies.set(each.key, each.body);
      }
    }
  };
}

/** Nobody answers who needs a row that is set aside: whoever asked asks again. */
export function unlessAside<T>(ask: () => Promise<T>): Promise<T | "silence"> {
  return ask().catch((error: unknown) => {
    if (error instanceof SetAside) return "silence";
    throw error;
  });
}

import { huntedKey, huntedOf } from "../../ledger/row/sweep-keys.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { LedgerReads } from "../../ports.ts";
import { changeRound } from "../../store/change-sweep.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { commitOnce, once, tryTransact } from "../../store/transact.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import { huntedSchema } from "../../sweep/target.ts";
import { huntTargets, type HuntedTargets } from "./hunt-targets.ts";
import type { SweepPorts } from "./ports.ts";

type Hunted = NonNullable<NonNullable<RoundRecord["listing"]>["hunted"]>;

/** Ids of 40 characters, so that a row stays below 450,000 characters. */
const IDS_PER_ROW = 10_000;
/** Such rows are large: few of them are read at once. */
const ROWS_AT_ONCE = 10;

/**
 * The machines that the query of a round has named. Defender is asked once for each listing: the
 * answer is kept in rows, and later ticks of the listing read it there. If the process dies before
 * the round says so, Defender is asked once more. Null if others have changed the round meanwhile.
 */
export async function targetsOfListing(
  ports: SweepPorts,
  limits: Limits,
  { value: round }: Stored<RoundRecord>,
): Promise<HuntedTargets | null> {
  const kept = round.listing?.hunted ?? null;
  const queried = kept === null ? null : await keptIn(ports.ledger, round, kept);
  if (queried !== null) return { kind: "hunted", queried, odd: kept?.odd ?? 0 };
  const came = await huntTargets(ports, limits, round.definition.targets);
  if (came.kind === "hindered" || came.queried === null) return came;
  const hunt = ports.random.id();
  const parts = await keep(ports, round, hunt, [...came.queried]);
  const hunted = { hunt, parts, odd: came.odd, listed: 0 };
  const isNoted = await note(ports, round, hunted);
  await forgetHunted(ports, round, (each) => (each === hunt) !== isNoted);
  return isNoted ? came : null;
}

/** Deletes what the query has named: all of it, or only of some times that it was asked. */
export async function forgetHunted(
  { ledger }: Pick<SweepPorts, "ledger">,
  { name, number, definition }: Of,
  which: (hunt: string) => boolean = () => true,
): Promise<void> {
  if (definition.targets.query === undefined) return;
  const { from, before } = huntedOf(name, number);
  let start = from;
  for (;;) {
    const rows = await ledger.list(start, before, ROWS_AT_ONCE);
    const over = rows.filter(({ key }) => which(key.slice(from.length).split("!")[0] ?? ""));
    const changes = over.map(({ key, etag }) => ({ op: "delete", key, etag }) as const);
    // Of two that delete the same at once, one is enough.
    if (changes.length > 0) await commitOnce({ ledger }, changes);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    start = `${last.key}!`;
  }
}

type Of = Pick<RoundRecord, "name" | "number" | "definition">;

/** Writes the ids in rows, and returns how many rows they are. */
async function keep(
  { ledger }: Pick<SweepPorts, "ledger">,
  { name, number }: Of,
  hunt: string,
  machineIds: readonly string[],
): Promise<number> {
  let parts = 0;
  for (let from = 0; from < machineIds.length; from += IDS_PER_ROW) {
    const body = { v: 1, machineIds: machineIds.slice(from, from + IDS_PER_ROW) };
    const key = huntedKey(name, number, hunt, parts);
    await commitOnce({ ledger }, [{ op: "upsert", key, body }]);
    parts += 1;
  }
  return parts;
}

/** Writes into the round that its listing has the answer; false if others were faster. */
async function note(
  ports: SweepPorts,
  { name, number, listings, listing: seen }: RoundRecord,
  hunted: Hunted,
): Promise<boolean> {
  const noted = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    const listing = round?.value.listing ?? null;
    if (round?.value.state !== "running" || listing === null) return false;
    if (round.value.listings !== listings) return false;
    if (listing.hunted?.hunt !== seen?.hunted?.hunt) return false;
    changeRound(tx, round, { ...round.value, listing: { ...listing, hunted } });
    return true;
  });
  return noted.kind === "done" && noted.value;
}

/** What was kept; null if a part of it is gone. */
async function keptIn(
  ledger: LedgerReads,
  { name, number }: Of,
  { hunt, parts }: Hunted,
): Promise<ReadonlySet<string> | null> {
  const queried = new Set<string>();
  for (let part = 0; part < parts; part += 1) {
    const row = await ledger.read(huntedKey(name, number, hunt, part));
    if (row === null) return null;
    for (const machineId of valueOf(huntedSchema, row).machineIds) queried.add(machineId);
  }
  return queried;
}

import {
  heldKey,
  heldOf,
  machineIdOfTarget,
  sweptOf,
  targetKey,
  targetsOf,
} from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { RowChange } from "../../ledger/sequence/rows.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Machine } from "../../ports.ts";
import { pagesOf } from "../../store/list-all.ts";
import { changeRound } from "../../store/change-sweep.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { noteAnswer } from "../../store/note-lockout.ts";
import { spendRead } from "../../store/spend-read.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { isAwake, isTarget } from "../../sweep/is-target.ts";
import { counted, type RoundRecord } from "../../sweep/round.ts";
import { AGAIN, sweptSchema, targetOf, type Swept } from "../../sweep/target.ts";
import { hindered } from "./hindered.ts";
import { huntTargets, saidBy } from "./hunt-targets.ts";
import type { SweepPorts } from "./ports.ts";

/** Machines that one transaction writes: two changes for one that was held, and the round. */
const MACHINES_AT_ONCE = 48;
/** Pages of Defender's list in one go, so that a function call stays short. Our own bound. */
const PAGES_PER_TICK = 10;
/** Look-ups of incidents keep the other half of the calls of the minute. */
const SHARE_OF_READS = 0.5;

type Listing = NonNullable<RoundRecord["listing"]>;

/**
 * Goes on with the listing of a round: page by page through all machines of the tenant, and each
 * that the sweep asks for becomes a target, once. The place in the list is written with the
 * machines, so it goes on there after a crash. A later listing finds machines that are new, or that
 * have reported since. Returns false when Defender or the ledger stands in the way.
 */
export async function listMachines(
  ports: SweepPorts,
  limits: Limits,
  { name, number }: Pick<RoundRecord, "name" | "number">,
): Promise<boolean> {
  const first = await loadRound(ports.ledger, name, number);
  if (first === null || first.value.listing === null) return true;
  const hunted = await huntTargets(ports, limits, first.value.definition.targets);
  if (hunted.kind === "hindered") {
    await hindered(ports, first, hunted);
    return false;
  }
  const { queried } = hunted;
  const known = await knownMachines(ports, first.value);
  for (let page = 0; page < PAGES_PER_TICK; page += 1) {
    const came = await listPage(ports, limits, { name, number, queried, known });
    if (came !== "more") return came === "complete";
  }
  return true;
}

interface Wanted {
  readonly name: string;
  readonly number: number;
  readonly queried: ReadonlySet<string> | null;
  readonly known: Map<string, "held" | "other">;
}

async function listPage(
  ports: SweepPorts,
  limits: Limits,
  wanted: Wanted,
): Promise<"more" | "complete" | "hindered"> {
  const round = await loadRound(ports.ledger, wanted.name, wanted.number);
  const listing = round?.value.listing ?? null;
  if (round === null || listing === null) return "complete";
  if (!(await spendRead(ports, limits, "machines", { share: SHARE_OF_READS }))) {
    const detail = "The calls that Defender allows for lists of machines are used up.";
    return await hindered(ports, round, { code: "token", detail });
  }
  const reply = await ports.defender.listMachines(listing.next);
  await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
  if (reply.kind !== "answered") {
    const detail = `Defender does not list the machines: ${saidBy(reply)}`;
    return await hindered(ports, round, { code: "machinesUnknown", detail });
  }
  const { machines, next } = reply.value;
  for (let from = listing.offset; ; from += MACHINES_AT_ONCE) {
    const some = machines.slice(from, from + MACHINES_AT_ONCE);
    const isLast = from + MACHINES_AT_ONCE >= machines.length;
    const after = isLast ? afterPage(listing, next) : { ...listing, offset: from + some.length };
    if (!(await writeTargets(ports, wanted, { some, before: { ...listing, offset: from }, after })))
      return "hindered";
    if (isLast) return after === null ? "complete" : "more";
  }
}

function afterPage(listing: Listing, next: string | null): Listing | null {
  return next === null ? null : { ...listing, next, offset: 0 };
}

/** False if somebody else goes on with the listing, or has changed the round. */
async function writeTargets(
  ports: SweepPorts,
  { name, number, queried, known }: Wanted,
  piece: { some: readonly Machine[]; before: Listing; after: Listing | null },
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const listedAtMs = Math.floor(nowMs);
  const wrote = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "running" || !isAt(round.value.listing, piece.before)) return null;
    const { targets, limit } = round.value.definition;
    const fresh = new Map<string, "held" | "other">();
    let { counts } = round.value;
    const changes: RowChange[] = [];
    for (const machine of piece.some) {
      const { machineId } = machine;
      const where = known.get(machineId) ?? fresh.get(machineId);
      const wanted = where === "held" || isTarget(machine, targets, queried, nowMs);
      if (where === "other" || !wanted) continue;
      if (where === undefined && limit !== null && counts.targeted >= limit) continue;
      const awake = isAwake(machine, nowMs);
      if (where === "held" && !awake) continue;
      const key = awake ? targetKey(name, number, machineId) : heldKey(name, number, machineId);
      if (where === "held") {
        changes.push({ op: "delete", key: heldKey(name, number, machineId), etag: "*" });
      }
      changes.push({ op: "insert", key, body: targetOf(machine, listedAtMs) });
      counts = counted(counts, where === "held" ? "held" : null, awake ? "waiting" : "held", 1);
      fresh.set(machineId, awake ? "other" : "held");
    }
    tx.stage(changes);
    const isOver = piece.after === null;
    const listed = isOver ? listedAtMs : round.value.listedAtMs;
    changeRound(tx, round, {
      ...round.value,
      counts,
      listing: piece.after,
      listedAtMs: listed,
      hindrance: null,
    });
    return fresh;
  });
  if (wrote.kind !== "done" || wrote.value === null) return false;
  for (const [machineId, where] of wrote.value) known.set(machineId, where);
  return true;
}

function isAt(listing: Listing | null, { next, offset }: Listing): boolean {
  return listing !== null && listing.next === next && listing.offset === offset;
}

/** The machines that this round has asked for, wherever they are now. */
async function knownMachines(
  ports: SweepPorts,
  { name, number, counts }: RoundRecord,
): Promise<Map<string, "held" | "other">> {
  const known = new Map<string, "held" | "other">();
  if (counts.targeted === 0) return known;
  for (const [range, where] of [
    [targetsOf(name, number), "other"],
    [heldOf(name, number), "held"],
  ] as const) {
    for await (const rows of pagesOf(ports.ledger, range)) {
      for (const { key } of rows) known.set(machineIdOfTarget(key), where);
    }
  }
  for await (const rows of pagesOf(ports.ledger, sweptOf(name))) {
    const { readable, aside } = sorted(sweptSchema, rows);
    const taken = readable.filter(({ value }) => isTaken(value, number)).map(({ row }) => row);
    // Nobody knows what became of those whose rows cannot be read: they are not asked again.
    for (const { key } of [...taken, ...aside]) known.set(machineIdOfTarget(key), "other");
  }
  return known;
}

/** True if this round or a later one asks for the machine already. */
function isTaken({ round, state }: Swept, number: number): boolean {
  return round > number || (round === number && state !== AGAIN);
}

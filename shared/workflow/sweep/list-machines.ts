import { heldKey, targetKey } from "../../ledger/row/sweep-keys.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import type { Machine, MachinePage } from "../../ports.ts";
import { changeRound } from "../../store/change-sweep.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { isAwake, isTarget } from "../../sweep/is-target.ts";
import { listedTo, queryAfter, withPage, type Listing } from "../../sweep/listing.ts";
import { counted, leftOutIn, type RoundRecord } from "../../sweep/round.ts";
import { targetOf } from "../../sweep/target.ts";
import { askPage } from "./ask-page.ts";
import { hindered } from "./hindered.ts";
import { targetsOfListing } from "./keep-hunted.ts";
import { knownMachines, type Where } from "./known-machines.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { profileFor } from "./profile-for.ts";

/** Changes beside that of the round: one for each new machine, two for one that was held. */
const CHANGES_AT_ONCE = 98;
/** Half of the calls of a minute; look-ups of incidents keep the other half. */
const SHARE_OF_READS = 0.5;
/** Pages of Defender's list in one go, and how long it takes at most. Our own bounds. */
const PAGES_PER_TICK = 50;
const MS_PER_TICK = 45_000;

/**
 * Goes on with the listing of a round: page by page through all machines of the tenant, and each
 * that the sweep asks for becomes a target, once. Those that were reached lately do not, and with a
 * limit nor do those that can be sent nothing, so that others have their places. The place in the
 * list is written with the machines, so it goes on there after a crash; machines that bring nothing
 * new are not written. A later listing finds machines that are new, or that have reported since.
 */
export async function listMachines(
  ports: SweepPorts,
  settings: SweepSettings,
  round: Stored<RoundRecord>,
): Promise<void> {
  const { limits } = settings;
  const { name, number, listing } = round.value;
  if (listing === null) return;
  const hunted = await targetsOfListing(ports, limits, round);
  if (hunted === null) return;
  if (hunted.kind === "hindered") {
    await hindered(ports, round, hunted);
    return;
  }
  const { queried } = hunted;
  const known = await knownMachines(ports, round.value);
  const asked = { name, number, queried, known, settings };
  // Asking the query has changed the round.
  const present = queried === null ? round : await loadRound(ports.ledger, name, number);
  if (present?.value.listings !== round.value.listings || present.value.listing === null) return;
  await listPages(ports, { ...asked, round: present }, present.value.listing);
}

/** What a listing asks for, and the machines that the round has already. */
interface Asked {
  readonly round: Stored<RoundRecord>;
  readonly name: string;
  readonly number: number;
  readonly queried: ReadonlySet<string> | null;
  readonly known: Map<string, Where>;
  readonly settings: SweepSettings;
}

/** How far it has come, and how far it has come by the row of the round. */
interface Place {
  readonly at: Listing;
  readonly written: Listing;
}

async function listPages(ports: SweepPorts, asked: Asked, listing: Listing): Promise<void> {
  const untilMs = ports.clock.monotonicMs() + MS_PER_TICK;
  let place: Place = { at: listing, written: listing };
  for (let page = 0; page < PAGES_PER_TICK && ports.clock.monotonicMs() < untilMs; page += 1) {
    const came = await askPage(ports, asked.settings.limits, place.at.next, SHARE_OF_READS);
    if ("code" in came) {
      await keepPlace(ports, asked, place);
      await hindered(ports, asked.round, came);
      return;
    }
    const next = await writePage(ports, asked, place, came);
    if (next === null) return;
    place = next;
  }
  await keepPlace(ports, asked, place);
}

/**
 * Writes the machines of a page that are wanted, some at a time. Null if the listing is over, or if
 * somebody else goes on with it.
 */
async function writePage(
  ports: SweepPorts,
  asked: Asked,
  { at, written }: Place,
  { machines, next }: MachinePage,
): Promise<Place | null> {
  const hunted = withPage(at.hunted, asked.queried, machines);
  const end = next === null ? null : { ...at, next, offset: 0, hunted };
  let before = written;
  let some: Machine[] = [];
  let changes = 0;
  for (let offset = at.offset; offset < machines.length; offset += 1) {
    const machine = machines[offset];
    const most = machine === undefined ? 0 : changesFor(asked, machine, ports.clock.earliest());
    if (machine === undefined || most === 0) continue;
    if (changes + most > CHANGES_AT_ONCE) {
      const after = { ...at, offset };
      if (!(await writeTargets(ports, asked, { some, before, after }))) return null;
      [before, some, changes] = [after, [], 0];
    }
    some.push(machine);
    changes += most;
  }
  if (some.length === 0 && end !== null) return { at: end, written: before };
  const last = { some, before, after: end, query: queryAfter(hunted, asked.queried) };
  if (!(await writeTargets(ports, asked, last))) return null;
  return end === null ? null : { at: end, written: end };
}

/** Changes that the machine may need; 0 if there is nothing to write about it. */
function changesFor(asked: Asked, machine: Machine, nowMs: number): number {
  const { round, known, queried, settings } = asked;
  const { definition } = round.value;
  const where = known.get(machine.machineId);
  if (where === "other") return 0;
  if (where === "held") return isAwake(machine, nowMs) ? 2 : 0;
  if (round.value.rerun?.alone === true) return 0;
  if (!isTarget(machine, definition.targets, queried, nowMs)) return 0;
  const canBeSent = () => profileFor(machine, definition, settings, nowMs) !== null;
  return definition.limit === null || canBeSent() ? 1 : 0;
}

interface Piece {
  readonly some: readonly Machine[];
  readonly before: Listing;
  readonly after: Listing | null;
  readonly query?: RoundRecord["query"];
}

/** False if somebody else goes on with the listing, or has changed the round. */
async function writeTargets(
  ports: SweepPorts,
  { round: { value: seen }, name, number, known }: Asked,
  piece: Piece,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const listedAtMs = Math.floor(nowMs);
  const wrote = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "running" || round.value.listings !== seen.listings) return null;
    if (!isAt(round.value.listing, piece.before)) return null;
    const { limit } = round.value.definition;
    const fresh = new Map<string, Where>();
    let { counts } = round.value;
    const changes: RowChange[] = [];
    for (const machine of piece.some) {
      const { machineId } = machine;
      const where = known.get(machineId) ?? fresh.get(machineId);
      if (where === "other") continue;
      const places = limit === null ? 1 : limit - counts.targeted + leftOutIn(counts);
      if (where === undefined && places <= 0) continue;
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
    const query = piece.after === null ? (piece.query ?? null) : round.value.query;
    changeRound(tx, round, { ...listedTo(round.value, piece.after, listedAtMs), counts, query });
    return fresh;
  });
  if (wrote.kind !== "done" || wrote.value === null) return false;
  for (const [machineId, where] of wrote.value) known.set(machineId, where);
  return true;
}

/** Writes down how far it has come without anything new. */
async function keepPlace(ports: SweepPorts, asked: Asked, { at, written }: Place): Promise<void> {
  if (at === written) return;
  await writeTargets(ports, asked, { some: [], before: written, after: at });
}

function isAt(listing: Listing | null, { next, offset }: Listing): boolean {
  return listing !== null && listing.next === next && listing.offset === offset;
}

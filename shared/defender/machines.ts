import type { Machine, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { listAll } from "./list.ts";
import { machinesNamed, machinesSeen } from "./odata.ts";
import { readMachine, readPage } from "./schema.ts";

/**
 * A DNS name has at most 253 characters as written (RFC 1035, 2.3.4), so no machine has a longer
 * one.
 */
const MAX_NAME_CHARS = 253;

/**
 * The most machines of one look-up by name. One letter begins half of a tenant's names, and a
 * look-up is one call. Our own bound.
 */
const NAMED_MAX = 1_000;

/**
 * Machines whose DNS name is `name`; if `name` has no dot, whose first label is. Letter case does
 * not count. A part of a label is not enough: `pc1` is not `pc10`. There may be several, or none,
 * which is an answer, too. Null if so many names begin with `name` that one call does not show all.
 */
export async function findMachines(
  ask: Ask,
  root: string,
  name: string,
): Promise<Reply<readonly Machine[] | null>> {
  const wanted = name.toLowerCase();
  if (wanted === "" || wanted.length > MAX_NAME_CHARS) return { kind: "answered", value: [] };
  const url = `${root}/api/machines?${machinesNamed(wanted, NAMED_MAX)}`;
  const reply = await ask({ url, json: null, size: "page" }, readPage);
  // The list machines page: 404 if there are no recent machines.
  if (reply.kind === "absent") return { kind: "answered", value: [] };
  if (reply.kind !== "answered") return reply;
  const { members, nextLink } = reply.value;
  if (nextLink !== null || members.length >= NAMED_MAX) return { kind: "answered", value: null };
  const dotted = wanted.includes(".");
  const value = members
    .map(readMachine)
    .filter((machine) => machine !== null)
    .filter((machine) => (dotted ? machine.name : machine.name?.split(".")[0]) === wanted);
  return { kind: "answered", value };
}

/**
 * One machine. An answer about another machine counts as none, because the same path also takes
 * names (get machine API page).
 */
export async function getMachine(
  ask: Ask,
  root: string,
  machineId: string,
): Promise<Reply<Machine>> {
  const url = `${root}/api/machines/${encodeURIComponent(machineId)}`;
  const reply = await ask({ url, json: null, size: "one" }, readMachine);
  if (reply.kind !== "answered" || reply.value.machineId === machineId) return reply;
  return { kind: "unavailable", detail: "Defender answered with another machine." };
}

/** Ids of machines that have sent a report since `sinceMs` (epoch milliseconds). */
export async function machinesSeenSince(
  ask: Ask,
  root: string,
  sinceMs: number,
): Promise<Reply<readonly string[]>> {
  const reply = await listAll(ask, `${root}/api/machines?${machinesSeen(sinceMs)}`, readMachine);
  if (reply.kind === "absent") return { kind: "answered", value: [] };
  if (reply.kind !== "answered") return reply;
  return { kind: "answered", value: reply.value.map((machine) => machine.machineId) };
}

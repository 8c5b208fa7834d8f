import type { Machine, PayPage, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { listAll } from "./list.ts";
import { machinesLabelled, machinesSeen, machinesWithIds } from "./odata.ts";
import { readMachine, readPage } from "./schema.ts";

/** A label of a DNS name has at most 63 characters (RFC 1035, 2.3.4). */
const LABEL_CHARACTERS_MAX = 63;

/** The machines with these ids. Others that Defender may add do not count. */
export async function readMachines(
  ask: Ask,
  root: string,
  machineIds: readonly string[],
): Promise<Reply<readonly Machine[]>> {
  const wanted = new Set(machineIds);
  const reply = await onePage(ask, `${root}/api/machines?${machinesWithIds(machineIds)}`);
  if (reply.kind !== "answered") return reply;
  const { machines, isWhole } = reply.value;
  // What is missing would seem not to exist.
  if (!isWhole) return { kind: "unavailable", detail: "Defender showed a part of a list." };
  return { kind: "answered", value: machines.filter(({ machineId }) => wanted.has(machineId)) };
}

/**
 * Machines whose DNS name begins with one of these labels. Letter case does not count. A part of a
 * label is not enough: `pc1` is not `pc10`. There may be several, or none, which is an answer, too.
 * Null if one call does not show all.
 */
export async function findMachines(
  ask: Ask,
  root: string,
  labels: readonly string[],
): Promise<Reply<readonly Machine[] | null>> {
  const wanted = new Set(labels.map((label) => label.toLowerCase()).filter(isLabel));
  if (wanted.size === 0) return { kind: "answered", value: [] };
  const reply = await onePage(ask, `${root}/api/machines?${machinesLabelled([...wanted])}`);
  if (reply.kind !== "answered") return reply;
  const { machines, isWhole } = reply.value;
  if (!isWhole) return { kind: "answered", value: null };
  const value = machines.filter(({ name }) => wanted.has(name?.split(".")[0] ?? ""));
  return { kind: "answered", value };
}

function isLabel(text: string): boolean {
  return text !== "" && text.length <= LABEL_CHARACTERS_MAX && !text.includes(".");
}

/** The first page of a list; what it asks for fits into one. */
async function onePage(
  ask: Ask,
  url: string,
): Promise<Reply<{ readonly machines: readonly Machine[]; readonly isWhole: boolean }>> {
  const reply = await ask({ url, json: null, size: "page" }, readPage);
  // The list machines page: 404 if there are no recent machines.
  if (reply.kind === "absent") return { kind: "answered", value: { machines: [], isWhole: true } };
  if (reply.kind !== "answered") return reply;
  const { members, nextLink } = reply.value;
  const machines = members.map(readMachine).filter((machine) => machine !== null);
  return { kind: "answered", value: { machines, isWhole: nextLink === null } };
}

/** Ids of machines that have sent a report since `sinceMs` (epoch milliseconds). */
export async function machinesSeenSince(
  ask: Ask,
  root: string,
  sinceMs: number,
  payPage: PayPage,
): Promise<Reply<readonly string[]>> {
  const url = `${root}/api/machines?${machinesSeen(sinceMs)}`;
  const reply = await listAll(ask, url, { read: readMachine, payPage });
  if (reply.kind === "absent") return { kind: "answered", value: [] };
  if (reply.kind !== "answered") return reply;
  return { kind: "answered", value: reply.value.map((machine) => machine.machineId) };
}

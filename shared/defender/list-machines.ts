import type { MachinePage, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { sameHost } from "./list.ts";
import { everyMachine, MACHINES_PAGE } from "./odata.ts";
import { readMachine, readPage } from "./schema.ts";

/** How many machines came before, and the address of the page if Defender gave one. */
const PLACE = /^(?<seen>\d{1,9})(?: (?<link>\S+))?$/;

/**
 * One page of all machines; null for the first, else `next` of the page before. A list that changes
 * between two pages may show a machine twice, or not: no page documents an order.
 */
export async function listMachines(
  ask: Ask,
  root: string,
  after: string | null,
): Promise<Reply<MachinePage>> {
  const place = placeOf(root, after ?? "0");
  if (place === null) return unavailable("the place in the list of machines cannot be read");
  const reply = await ask({ url: place.url, json: null, size: "page" }, readPage);
  // The list machines page: 404 if there are no recent machines. Defender's own links lead
  // somewhere, so there it is no answer.
  if (reply.kind === "absent" && place.isOurs) return { kind: "answered", value: NONE };
  if (reply.kind === "absent") return unavailable("a later page of the list is gone");
  if (reply.kind !== "answered") return reply;
  const { members, nextLink } = reply.value;
  const seen = place.seen + members.length;
  const link = nextLink === null ? null : sameHost(root, nextLink);
  if (nextLink !== null && link === null) {
    return unavailable("the next page of the list lies on another host");
  }
  const machines = members.map(readMachine).filter((machine) => machine !== null);
  // Links lead as far as `$top`. No page says whether there is one to what comes behind it.
  const isFull = members.length > 0 && seen % MACHINES_PAGE === 0;
  const next = link === null ? (isFull ? String(seen) : null) : `${seen} ${link}`;
  return { kind: "answered", value: { machines, next } };
}

const NONE: MachinePage = { machines: [], next: null };

/** A page, and whether its address is ours; null for what is no place, or lies on another host. */
function placeOf(
  root: string,
  after: string,
): { readonly seen: number; readonly url: string; readonly isOurs: boolean } | null {
  const { seen: digits, link } = PLACE.exec(after)?.groups ?? {};
  if (digits === undefined) return null;
  const seen = Number(digits);
  if (link === undefined) {
    return { seen, url: `${root}/api/machines?${everyMachine(seen)}`, isOurs: true };
  }
  const url = sameHost(root, link);
  return url === null ? null : { seen, url, isOurs: false };
}

function unavailable(detail: string): Reply<never> {
  return { kind: "unavailable", detail };
}

import type { PayPage, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { PAGE_SIZE } from "./odata.ts";
import { readPage } from "./schema.ts";

/** Most pages of one list: 200,000 members, two weeks of submissions at ten a minute. */
const MAX_PAGES = 20;

/** How a list is read: `read` gives null for a member that it does not understand. */
interface Reading<T> {
  readonly read: (json: unknown) => T | null;
  readonly payPage: PayPage;
}

/**
 * All members of the list at `url` that `read` understands. If a later page cannot be paid or read,
 * the whole list is `unavailable`, because its missing members would seem not to exist. All other
 * answers are those of a single call.
 */
export async function listAll<T>(
  ask: Ask,
  url: string,
  { read, payPage }: Reading<T>,
): Promise<Reply<readonly T[]>> {
  const members: T[] = [];
  let next = url;
  let seen = 0;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    if (page > 1 && !(await payPage())) return unavailable("no calls are left for its next page");
    const reply = await ask({ url: next, json: null, size: "page" }, readPage);
    if (reply.kind === "absent" && page > 1) return unavailable("a later page of the list is gone");
    if (reply.kind !== "answered") return reply;
    for (const json of reply.value.members) {
      const member = read(json);
      if (member !== null) members.push(member);
    }
    seen += reply.value.members.length;
    const nextLink = reply.value.nextLink ?? skipLink(url, reply.value.members.length, seen);
    if (nextLink === null) return { kind: "answered", value: members };
    const following = sameHost(url, nextLink);
    if (following === null) return unavailable("the next page of the list lies on another host");
    next = following;
  }
  return unavailable(`the list has more than ${MAX_PAGES} pages`);
}

/**
 * A full page without a link may not be the last one: no page of the documentation says whether
 * there is a next link if `$top` is used.
 */
function skipLink(url: string, pageLength: number, seen: number): string | null {
  return pageLength >= PAGE_SIZE ? `${url}&$skip=${seen}` : null;
}

/**
 * The address of the next page, if it is on the host of the first one, because the token may go
 * nowhere else.
 */
export function sameHost(firstPage: string, nextLink: string): string | null {
  if (!URL.canParse(nextLink, firstPage)) return null;
  const next = new URL(nextLink, firstPage);
  return next.origin === new URL(firstPage).origin ? next.href : null;
}

function unavailable(detail: string): Reply<never> {
  return { kind: "unavailable", detail };
}

import { odata, queryError } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { parseFilter } from "./odata-filter.ts";
import type { FilterValue } from "./odata-filter.ts";
import type { Tenant } from "./tenant.ts";

/** A collection to be asked with OData options. */
export interface Collection<T> {
  /** The name after `$metadata#`, and the path of the next page. */
  readonly context: string;
  readonly path: string;
  /** In the order in which they are served. */
  readonly members: readonly T[];
  /** As on the wire; a list is asked by its name and `/any`. */
  readonly filterable: readonly string[];
  value(member: T, field: string): FilterValue;
  entity(member: T): Record<string, unknown>;
}

const PLAIN_OPTIONS = ["$filter", "$top", "$skip"];
const MORE_OPTIONS = ["$orderby", "$select", "$count"];
/** Documented as the most that one answer holds, and so the most that may be asked for. */
const TOP_MOST = 10_000;

/** What a question with `$filter`, `$top` and `$skip` selects, or the 400 that it gets. */
export type Page<T> =
  | {
      readonly kind: "page";
      readonly matching: number;
      readonly answer: Answer;
      shown: readonly T[];
    }
  | { readonly kind: "refused"; readonly answer: Answer };

export function askCollection<T>(tenant: Tenant, call: Call, collection: Collection<T>): Page<T> {
  const accepted =
    tenant.rules.switches.moreQueryOptions === "accepted"
      ? [...PLAIN_OPTIONS, ...MORE_OPTIONS]
      : PLAIN_OPTIONS;
  for (const name of call.query.keys()) {
    if (!name.startsWith("$") || accepted.includes(name)) continue;
    return refuse(
      `Custom query option '${name}' that begins with '$' is not supported. ` +
        "The query options that begin with a '$' are reserved.",
    );
  }
  const matching = filtered(call, collection);
  if (typeof matching === "string") return refuse(matching);
  const skip = wholeNumber(call.query.get("$skip"), 0);
  const top = wholeNumber(call.query.get("$top"), matching.length);
  if (skip === null || top === null) return refuse("Invalid value for $top or $skip.");
  if (call.query.has("$top") && top > TOP_MOST) {
    return refuse(`The limit of '${TOP_MOST}' for Top query has been exceeded.`);
  }
  const ordered = inOrderOf(call.query.get("$orderby"), matching, collection);
  if (typeof ordered === "string") return refuse(ordered);
  const count = Math.min(top, tenant.rules.limits.pageSize);
  const shown = ordered.slice(skip, skip + count);
  const more = shown.length === count && count < top && skip + count < matching.length;
  const rest = { skip: skip + count, top: top - count };
  const answer = odata(200, collection.context, {
    ...(call.query.get("$count") === "true" ? { "@odata.count": matching.length } : {}),
    value: shown.map((member) => selected(call, collection.entity(member))),
    ...(more ? { "@odata.nextLink": nextLink(tenant, call, collection, rest) } : {}),
  });
  return { kind: "page", matching: matching.length, answer, shown };
}

function filtered<T>(call: Call, collection: Collection<T>): readonly T[] | string {
  const text = call.query.get("$filter");
  if (text === null) return collection.members;
  const parsed = parseFilter(text, collection.filterable);
  if (parsed.kind === "refused") return parsed.message;
  return collection.members.filter((member) =>
    parsed.test((field) => collection.value(member, field)),
  );
}

function inOrderOf<T>(
  orderBy: string | null,
  members: readonly T[],
  collection: Collection<T>,
): readonly T[] | string {
  if (orderBy === null) return members;
  const [, written, direction] = /^(\w+)(?: (asc|desc))?$/.exec(orderBy.trim()) ?? [];
  const field = collection.filterable.find((name) => name.toLowerCase() === written?.toLowerCase());
  if (field === undefined) {
    return `Cannot order by '${orderBy}'.`;
  }
  const sign = direction === "desc" ? -1 : 1;
  return [...members].sort((a, b) => {
    const [left, right] = [collection.value(a, field) ?? "", collection.value(b, field) ?? ""];
    if (left === right) return 0;
    return left < right ? -sign : sign;
  });
}

function selected(call: Call, entity: Record<string, unknown>): Record<string, unknown> {
  const select = call.query.get("$select");
  if (select === null) return entity;
  const names = new Set(select.split(",").map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(entity).filter(([name]) => names.has(name.toLowerCase())),
  );
}

function nextLink<T>(
  tenant: Tenant,
  call: Call,
  collection: Collection<T>,
  { skip, top }: { readonly skip: number; readonly top: number },
): string {
  const query = new URLSearchParams(call.query);
  query.set("$skip", String(skip));
  if (call.query.has("$top")) query.set("$top", String(top));
  return `${tenant.url}/api/${collection.path}?${query.toString()}`;
}

function wholeNumber(text: string | null, otherwise: number): number | null {
  if (text === null) return otherwise;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function refuse(message: string): { readonly kind: "refused"; readonly answer: Answer } {
  return { kind: "refused", answer: queryError(message) };
}

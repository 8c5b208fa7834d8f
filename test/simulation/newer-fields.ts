/*
 * Rows as a later version of the app would write them: with a field more in every object that goes
 * on from write to write. Whatever version writes such a row next has to leave the field there.
 */

const FIELD = "newer";

/** Values that are said anew each time, and links of chains with their ends: nothing is added. */
const SAID_ANEW = new Set([
  "approvals",
  "audit",
  "cancel",
  "cancelAsked",
  "content",
  "custody",
  "delivered",
  "driver",
  "outcome",
  "parameters",
  "parts",
  "paused",
  "place",
  "progress",
  "reason",
  "script",
  "seal",
  // Where a round stands: each is computed anew.
  "allowance",
  "closed",
  "counting",
  // Applied as a whole.
  "definition",
  "forgiven",
  "hindrance",
  "last",
  "listing",
  "query",
  // Maps by the name of a caller; what stands under each name is counted anew.
  "callers",
  "machinesBy",
]);
/** Links of a chain; what follows from another row; and what becomes other rows. */
const WITHOUT =
  /^(audit|custody|seal|owed|intake|summary|team|running|history|hostname|target|held|swept)!/;

/** The body with the field in all its objects that go on. */
export function withNewer(key: string, body: unknown): unknown {
  return WITHOUT.test(key) ? body : added(body);
}

/** Where `after` has lost the field that stood in `before`, as paths; empty where nothing has. */
export function lostNewer(key: string, before: unknown, after: unknown): string[] {
  return WITHOUT.test(key) ? [] : lost(before, after, key);
}

function added(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(added);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    SAID_ANEW.has(name) ? member : added(member),
  ]);
  return { ...Object.fromEntries(members), [FIELD]: true };
}

function lost(before: unknown, after: unknown, path: string): string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const elements: readonly unknown[] = after;
    return before.flatMap((each: unknown) => {
      const id = idOf(each);
      const same = id === null ? undefined : elements.find((other) => idOf(other) === id);
      return same === undefined ? [] : lost(each, same, `${path}[${id}]`);
    });
  }
  if (!isObject(before) || !isObject(after)) return [];
  const own = FIELD in before && !(FIELD in after) ? [path] : [];
  const members = Object.keys(before).filter((name) => name in after && !SAID_ANEW.has(name));
  return [...own, ...members.flatMap((name) => lost(before[name], after[name], `${path}.${name}`))];
}

/** What tells one element of a list from the others; null for lists that are said anew. */
const NAMES = [
  "sequenceId",
  "part",
  "index",
  "attempt",
  "actionId",
  "targetId",
  "call",
  "key",
  "reservedAtMs",
] as const;

function idOf(element: unknown): string | null {
  if (!isObject(element)) return null;
  const names = NAMES.filter((name) => name in element && typeof element[name] !== "object");
  return names.length === 0 ? null : names.map((name) => String(element[name])).join(" ");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

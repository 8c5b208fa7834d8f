import { readFileSync } from "node:fs";

/** A whole message of a sender, as it stands in `test/fixtures/webhooks`. */
export function webhookText(name: string): string {
  return readFileSync(new URL(`../fixtures/webhooks/${name}.json`, import.meta.url), "utf8");
}

/** The same as JSON, fresh each time. */
export function webhook(name: string): unknown {
  return JSON.parse(webhookText(name));
}

/** A copy of a JSON value, the field at a dotted path replaced, or removed by `undefined`. */
export function changed(json: unknown, path: string, value: unknown): unknown {
  const [head = "", ...rest] = path.split(".");
  const next = (old: unknown): unknown =>
    rest.length === 0 ? value : changed(old, rest.join("."), value);
  if (Array.isArray(json)) {
    return json.map((old: unknown, at) => (String(at) === head ? next(old) : old));
  }
  const fields = Object.entries(json ?? {});
  const kept = fields.map(([key, old]): [string, unknown] => [key, key === head ? next(old) : old]);
  if (!fields.some(([key]) => key === head)) kept.push([head, next({})]);
  return Object.fromEntries(kept.filter(([, of]) => of !== undefined));
}

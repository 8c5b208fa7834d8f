/**
 * The one text of a JSON value: members sorted by UTF-16 code units, no white space, strings and
 * numbers as `JSON.stringify` writes them (the rules of RFC 8785). Throws on what JSON cannot hold,
 * since it would be left out of a hash in silence.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) return canonicalObject(value);
  const isScalar =
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value));
  if (!isScalar) throw new Error(`JSON holds no ${typeof value} like this`);
  return JSON.stringify(value);
}

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

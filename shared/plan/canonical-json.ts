/**
 * The one text of a JSON value: members sorted by UTF-16 code units, no white space, strings and
 * numbers as `JSON.stringify` writes them (the rules of RFC 8785). Throws for a value that JSON
 * cannot hold, because the hash would silently leave it out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isObject(value)) return canonicalObject(value);
  const isScalar =
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value));
  if (!isScalar) throw new Error(`JSON cannot contain this ${typeof value}`);
  return JSON.stringify(value);
}

/**
 * Sorts the names and goes through them once, because verifying a run does this some ten thousand
 * times.
 */
function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  let members = "";
  for (const name of Object.keys(value).sort()) {
    if (members !== "") members += ",";
    members += `${JSON.stringify(name)}:${canonicalJson(value[name])}`;
  }
  return `{${members}}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

import { readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("../../../", import.meta.url);

/** Every call of the log with an event, and the text of its fields if they stand there. */
const CALL =
  /\blog(?:Of\(context\))?\(\s*(?:[\w.]+ === "\w+" \? "\w+" : )?"(?:info|warn|error)",\s*(?:\w+ \? "(\w+)" : )?"(\w+)"(?:,\s*\{([^}]*)\})?/g;

/** The events that the code logs, each with the names of those fields that stand in the call. */
export function eventsInCode(): ReadonlyMap<string, ReadonlySet<string>> {
  const events = new Map<string, Set<string>>();
  for (const text of ["shared", "functions"].flatMap(sourcesBelow)) {
    for (const [, one, other, fields = ""] of text.matchAll(CALL)) {
      for (const event of [one, other]) {
        if (event === undefined) continue;
        const known = events.get(event) ?? new Set();
        events.set(event, new Set([...known, ...namesIn(fields)]));
      }
    }
  }
  return events;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(new URL(`${folder}/${path}`, ROOT), "utf8"));
}

/** `{ a, b: c }` has `a` and `b`; what is spread stands elsewhere. */
function namesIn(fields: string): string[] {
  return fields
    .split(",")
    .map((field) => /^\s*(\w+)\s*(?::|$)/.exec(field)?.[1] ?? "")
    .filter((name) => name !== "");
}

/** The events that a query asks for. */
export function eventsIn(query: string): string[] {
  const asked = [...query.matchAll(/\bEvent\s*(?:==|!=|in)\s*(\([^)]*\)|"\w+")/g)];
  return asked.flatMap(([, words = ""]) => wordsIn(words));
}

/** The fields of the lines that a query reads. */
export function fieldsIn(query: string): string[] {
  return [...query.matchAll(/\bFields\["(\w+)"\]/g)].map(([, name = ""]) => name);
}

function wordsIn(text: string): string[] {
  return [...text.matchAll(/"(\w+)"/g)].map(([, word = ""]) => word);
}

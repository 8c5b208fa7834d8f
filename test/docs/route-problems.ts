import { readdirSync } from "node:fs";
import { page, ROOT } from "./markdown.ts";

/** Where the code of the routes lies. */
const FOLDER = "functions/";

/**
 * For each route, such as `POST pause`, the kinds of problem that its code names, in itself, in the
 * wrapper it uses and in what these call. `ofCaller` are those of a caller who is not let in, which
 * the wrapper for callers passes on.
 */
export function problemsByRoute(
  kinds: readonly string[],
  ofCaller: readonly string[],
): Map<string, readonly string[]> {
  const source = readdirSync(new URL(FOLDER, ROOT))
    .map((file) => page(`${FOLDER}${file}`))
    .join("\n");
  const functions = new Map(
    [...source.matchAll(/^(?:export )?(?:async )?function (\w+)[(<].*?^}$/gms)].map(
      ([text, name = ""]): [string, string] => [name, text],
    ),
  );
  const routes = [...source.matchAll(/^app\.http\(.*?^}\);$/gms)].map(([text]) => text);
  return new Map(
    routes.map((text) => {
      const reached = closure(text, functions);
      const named = new Set([...reached.matchAll(/"([a-z-]+)"/g)].map(([, word = ""]) => word));
      if (/\bfor(Callers|Run|WholeRun|Sequence|EveryTeam|Sweep|Round)\(/.test(text))
        for (const kind of ofCaller) named.add(kind);
      return [routeIn(text), kinds.filter((kind) => named.has(kind))];
    }),
  );
}

function routeIn(registration: string): string {
  const method = /methods: \["(\w+)"\]/.exec(registration)?.[1];
  const route = /route: "([^"]+)"/.exec(registration)?.[1];
  if (method === undefined || route === undefined) throw new Error(`no route in ${registration}`);
  return `${method} ${route}`;
}

/** A text with the text of every function that it calls, directly or through another. */
function closure(text: string, functions: ReadonlyMap<string, string>): string {
  const reached = new Set<string>();
  const add = (from: string): void => {
    for (const [, name = ""] of from.matchAll(/\b(\w+)\(/g)) {
      const called = functions.get(name);
      if (called === undefined || reached.has(name)) continue;
      reached.add(name);
      add(called);
    }
  };
  add(text);
  return [text, ...[...reached].map((name) => functions.get(name) ?? "")].join("\n");
}

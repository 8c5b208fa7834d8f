import { transformSync } from "esbuild";

/** Names everybody has without an import, and that lead to time, chance or the outside. */
const GLOBALS = [
  "AbortSignal",
  "Date",
  "EventSource",
  "Function",
  "Math",
  "WebSocket",
  "crypto",
  "eval",
  "fetch",
  "global",
  "globalThis",
  "performance",
  "process",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
] as const;

/** Uses of them that bring nothing in: a known time in another form, arithmetic, signals joined. */
const HARMLESS = [
  /new OUTSIDE_Date\((?!\))/g,
  /OUTSIDE_Date\.(?:parse|UTC)\(/g,
  /OUTSIDE_Math\.(?!random\b)\w+/g,
  /OUTSIDE_AbortSignal\.any\(/g,
];

/** Only cutting off what hangs: its clock decides nothing else. */
const TIMER = /OUTSIDE_(?:setTimeout|setInterval|AbortSignal\.timeout)\(/g;

/** What of `node:crypto` follows from its arguments alone. */
const REPEATABLE = new Set(["createHash", "createHmac", "hash", "timingSafeEqual"]);
const CRYPTO = /\bimport\s*(.*?)\s*from\s*"(?:node:)?crypto"/gs;
/** A module whose name is made while it runs could be any. */
const ANY_MODULE = /\bimport\(\s*(?!")/g;

/**
 * Where a source reaches for time, chance, environment or network by itself instead of being given
 * them: the lines, as plain JavaScript. `timers` lets it cut off calls that hang. The builder knows
 * which names are the file's own, so a parameter called `fetch` is none, and an alias is one.
 */
export function reachedOut(source: string, { timers }: { readonly timers: boolean }): string[] {
  const define = Object.fromEntries(GLOBALS.map((name) => [name, `OUTSIDE_${name}`]));
  const { code } = transformSync(source, { loader: "ts", target: "esnext", define });
  const harmless = timers ? [...HARMLESS, TIMER] : HARMLESS;
  const left = harmless.reduce((text, form) => text.replaceAll(form, ""), code);
  const found = left
    .split("\n")
    .filter((line) => /OUTSIDE_\w/.test(line) || line.match(ANY_MODULE));
  return [...found.map((line) => line.trim()), ...chancesIn(code)];
}

/** Imports of `node:crypto` that could be chance, under whatever name. */
function chancesIn(code: string): string[] {
  return [...code.matchAll(CRYPTO)].flatMap(([, names = ""]) => {
    const named = /^\{(.*)\}$/s.exec(names)?.[1];
    if (named === undefined) return [`all of node:crypto as ${names}`];
    return named
      .split(",")
      .map((each) => each.trim().split(/\s/)[0] ?? "")
      .filter((name) => name !== "" && !REPEATABLE.has(name));
  });
}

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { reachedOut } from "./reached-out.ts";

/*
 * The house, as a table. A part may import itself and what is listed; nothing else. Packages are
 * listed by the name they are imported by; `node:` modules are named where they are allowed.
 */
const PURE = ["zod", "node:crypto"];
const BELOW_STORE = [
  ...PURE,
  "shared/advice",
  "shared/incident",
  "shared/plan",
  "shared/ledger",
  "shared/limits",
  "shared/evidence",
  "shared/callback",
  "shared/access",
  "shared/sweep",
  "shared/ports.ts",
];
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  // Unpacking a body reads nothing.
  "shared/incident": [...PURE, "node:zlib"],
  "shared/plan": [...PURE, "re2js", "shared/incident"],
  "shared/ledger": [...PURE, "shared/advice", "shared/incident", "shared/plan"],
  "shared/limits": [...PURE, "shared/incident", "shared/plan", "shared/ledger"],
  "shared/evidence": [...PURE, "node:zlib", "shared/incident", "shared/plan", "shared/ledger"],
  "shared/callback": [
    ...PURE,
    // For the arithmetic of addresses only: a list of networks opens nothing.
    "node:net",
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/access",
    "shared/loopback.ts",
  ],
  "shared/access": [
    ...PURE,
    "jose",
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/loopback.ts",
  ],
  // croner computes when a schedule is due; it is asked for times and starts nothing.
  "shared/sweep": [
    ...PURE,
    "croner",
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/limits",
    "shared/access",
    "shared/ports.ts",
  ],
  "shared/loopback.ts": [],
  "shared/advice": [],
  "shared/http": ["node:http", "node:https", "node:net", "node:stream", "node:tls", "node:zlib"],
  "shared/api": [
    ...PURE,
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/limits",
    "shared/evidence",
    "shared/access",
    "shared/sweep",
  ],
  "shared/ports.ts": [
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/limits",
    "shared/evidence",
    "shared/callback",
    "shared/access",
  ],
  "shared/defender": [
    "node:http",
    "zod",
    "shared/advice",
    "shared/http",
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/limits",
    "shared/evidence",
    "shared/loopback.ts",
    "shared/ports.ts",
  ],
  "shared/entra": ["zod", "shared/access"],
  "shared/outbound": [
    "node:http",
    "node:https",
    "node:net",
    "shared/http",
    "shared/callback",
    "shared/ports.ts",
  ],
  "shared/azure": [
    "node:async_hooks",
    "node:crypto",
    "@azure/data-tables",
    "@azure/storage-queue",
    "@azure/storage-blob",
    "node:stream",
    "shared/incident",
    "shared/plan",
    "shared/ledger",
    "shared/limits",
    "shared/evidence",
    "shared/ports.ts",
  ],
  "shared/store": BELOW_STORE,
  "shared/workflow": [...BELOW_STORE, "shared/store"],
  "shared/config.ts": [
    "zod",
    "shared/access",
    "shared/callback",
    "shared/defender/address.ts",
    "shared/defender/cloud-settings.ts",
    "shared/incident",
    "shared/limits",
    "shared/loopback.ts",
  ],
  "shared/credentials.ts": ["@azure/identity", "shared/azure", "shared/config.ts"],
  "shared/shipped-page.ts": ["node:crypto", "node:fs"],
  "shared/shipped-profiles.ts": ["node:fs", "node:url", "shared/incident", "shared/plan"],
  "shared/outside.ts": ["node:", "shared"],
  "shared/read-settings.ts": ["shared"],
  "shared/doctor": ["zod", "jose", "shared"],
  "shared/readings.ts": ["shared"],
  "shared/sweeping.ts": ["shared"],
  "shared/app.ts": ["node:", "shared"],
  functions: [
    "@azure/functions",
    "node:crypto",
    "node:diagnostics_channel",
    "node:events",
    "node:http",
    "node:stream",
    "shared/app.ts",
  ],
  // In a browser: types of ours, and code that needs nothing.
  page: ["preact", "oauth4webapi", "shared"],
  local: ["*"],
  bench: ["*"],
  // Whoever deploys has Node, and perhaps nothing of ours that is installed or built.
  infra: ["node:"],
};

/** Nobody imports these but themselves, tests and each other. */
const OUTER = ["local", "bench", "functions", "infra", "page"];

/** Who may reach for time, chance and the outside; everyone else is given it. */
const REACHES_OUT = ["shared/outside.ts", "shared/app.ts", "local/", "bench/", "infra/", "page/"];
/** The client's own clock is for cutting off a call that hangs; it decides nothing else. */
const KEEPS_TIMERS = [
  "shared/defender/",
  "shared/doctor/",
  "shared/entra/",
  "shared/http/",
  "shared/outbound/",
];

const BANNED_WORDS = new Set([
  "util",
  "helper",
  "common",
  "misc",
  "manager",
  "service",
  "data",
  "info",
  "item",
]);
/** Azure's own word: the clock of the table service. */
const NAMED_BY_VENDOR = "service-clock";

const SOURCE_LINES_MAX = 250;
const TEST_LINES_MAX = 400;
/** The formatter keeps code within its 100 columns where it can; a long text may not be cut. */
const COLUMNS_MAX = 100;

const LONG_TEXT = /https?:\/\/|["'`].{50,}/;

const files = ["shared", "functions", "page", "local", "bench", "infra", "test"].flatMap(
  sourcesBelow,
);
const sources = files.filter((file) => !file.startsWith("test/"));

describe("the house", () => {
  it.each(sources)("%s imports only what its floor allows", (file) => {
    const part = partOf(file);
    const allowed = HOUSE[part];
    expect(
      allowed,
      `${file} belongs to no part of the house: add its folder to the table`,
    ).toBeDefined();
    for (const target of importsOf(file)) {
      const fits =
        partOf(target) === part || allowed?.some((each) => each === "*" || isWithin(target, each));
      expect(fits, `${file} may not import ${target}`).toBe(true);
    }
  });

  /** A sweep sends its machines on the road of incidents, and cancels as a person does. */
  const SENDERS: Readonly<Record<string, readonly string[]>> = { sweep: ["accept", "operate"] };

  it.each(sources.filter((file) => storyOf(file) !== null))(
    "%s imports no other story, but for notify and what it sends with",
    (file) => {
      const stories = importsOf(file)
        .map(storyOf)
        .filter((story) => story !== null);
      const own = storyOf(file) ?? "";
      const may = new Set([own, "notify", ...(SENDERS[own] ?? [])]);
      const others = stories.filter((story) => !may.has(story));
      expect(others).toEqual([]);
    },
  );

  it("has no file between the stories", () => {
    const loose = sources.filter((file) => /^shared\/workflow\/[^/]+$/.test(file));
    expect(loose).toEqual([]);
  });

  it.each(files.filter((file) => /^test\/(store|workflow)\/.*\.test\.ts$/.test(file)))(
    "%s is named after the file it tests, and perhaps an aspect of it",
    (file) => {
      const about = file.replace(/^test/, "shared").replace(/\.test\.ts$/, "");
      const tested = sources.filter((source) => {
        const name = source.replace(/\.ts$/, "");
        return about === name || about.startsWith(`${name}-`);
      });
      expect(tested).not.toEqual([]);
    },
  );

  it("commits to the ledger in one place, but for who shares commits or wraps the ledger", () => {
    const committing = sources.filter(
      (file) => file.startsWith("shared/") && /ledger\.commit\(/.test(read(file)),
    );
    expect(committing.toSorted()).toEqual([
      "shared/store/look-up-payments.ts",
      "shared/store/remembering.ts",
      "shared/store/transact.ts",
      "shared/workflow/accept/counted-commits.ts",
      "shared/workflow/accept/counting-ledger.ts",
    ]);
  });

  it("has no cycle", () => {
    expect(findCycle()).toBeNull();
  });

  it("has outer parts that nobody inside imports", () => {
    const inward = sources.filter((file) => !OUTER.some((part) => file.startsWith(`${part}/`)));
    const reached = inward.flatMap((file) =>
      importsOf(file).filter((target) => OUTER.some((part) => target.startsWith(`${part}/`))),
    );
    expect(reached).toEqual([]);
  });

  it.each(sources.filter((file) => !REACHES_OUT.some((part) => file.startsWith(part))))(
    "%s is given time, chance and the outside",
    (file) => {
      const timers = KEEPS_TIMERS.some((part) => file.startsWith(part));
      expect(reachedOut(read(file), { timers })).toEqual([]);
    },
  );
});

describe("every file", () => {
  it.each(files)("%s is short enough to hold in mind", (file) => {
    const lines = read(file).split("\n");
    const most = file.startsWith("test/") ? TEST_LINES_MAX : SOURCE_LINES_MAX;
    expect(
      lines.length,
      `${file} has too many lines: it holds more than one concept`,
    ).toBeLessThanOrEqual(most);
    const wide = lines.filter((line) => line.length > COLUMNS_MAX && !LONG_TEXT.test(line));
    expect(wide).toEqual([]);
  });

  it("is named after what it is about", () => {
    const vague = files.filter((file) => {
      const name = (file.split("/").at(-1) ?? "").replace(NAMED_BY_VENDOR, "");
      return name.split(/[-.]/).some((word) => BANNED_WORDS.has(word));
    });
    expect(vague).toEqual([]);
  });
});

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => /\.(tsx?|mjs)$/.test(path) && statSync(path).isFile());
}

function read(file: string): string {
  return readFileSync(file, "utf8");
}

/**
 * `shared/x/y.ts` belongs to `shared/x`, a file directly in shared/ to itself, all else to its top
 * folder.
 */
function partOf(target: string): string {
  const [top = "", second = ""] = target.split("/");
  return top === "shared" ? `shared/${second}` : top;
}

/** The folder of a story, `accept` or another; null for what belongs to none. */
function storyOf(path: string): string | null {
  return /^shared\/workflow\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function isWithin(target: string, allowed: string): boolean {
  return target === allowed || target.startsWith(allowed.endsWith(":") ? allowed : `${allowed}/`);
}

const STATIC = String.raw`(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?["']([^"']+)["']`;
const DYNAMIC = String.raw`import\(\s*["']([^"']+)["']`;
const IMPORT = new RegExp(`${STATIC}|${DYNAMIC}`, "g");

/** What a file imports: files as paths from the root, packages by name. */
function importsOf(file: string): string[] {
  return [...read(file).matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? "")
    .map((name) => (name.startsWith(".") ? normalize(join(dirname(file), name)) : name));
}

function findCycle(): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const target of importsOf(file).filter((each) => sources.includes(each))) {
      const cycle = walk(target, [...path, file]);
      if (cycle !== null) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of sources) {
    const cycle = walk(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

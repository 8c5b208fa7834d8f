import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FaultKind, FaultPoint } from "../../local/defender-simulator/fault-plan.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMINGS } from "../../local/defender-simulator/options.ts";
import { DEFAULT_SWITCHES } from "../../local/defender-simulator/switches.ts";
import { page, ROOT, section, tableIn } from "./markdown.ts";

const PAGE = page("local/defender-simulator/README.md");

/** The compiler keeps both lists whole. */
const FAULTS: Readonly<Record<FaultKind, true>> = {
  "drop-before": true,
  "drop-after": true,
  "500": true,
  "500-after": true,
  "503": true,
  "401": true,
  "403": true,
  "404": true,
  "429": true,
  busy: true,
  html: true,
  "403-page": true,
  "403-page-after": true,
  truncated: true,
  huge: true,
  slow: true,
  "slow-after": true,
  "existing-action": true,
  "cancel-loses": true,
};
const POINTS: Readonly<Record<FaultPoint, true>> = {
  submit: true,
  list: true,
  get: true,
  link: true,
  download: true,
  cancel: true,
  machines: true,
  library: true,
  hunt: true,
  token: true,
};

const quotedIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

/** What the page says of each switch: its default, without the words behind it. */
function documentedDefaults(): Map<string, string> {
  const rows = tableIn(section(PAGE, "Switches"));
  return new Map(
    rows.flatMap(([names = "", said = ""]) => {
      const fallback = quotedIn(said)[0] ?? said.replace(/[ :(].*(?:\)|:).*$/, "");
      return quotedIn(names).map((name): [string, string] => [name, fallback]);
    }),
  );
}

const DAY_SECONDS = 86_400;

/** A default in the page's words: `0 to 5`, `3 days`, `tenant`. */
function inWords(name: string, value: unknown): string {
  if (Array.isArray(value)) return value[0] === value[1] ? `${value[0]}` : value.join(" to ");
  const days = Number(value) / DAY_SECONDS;
  return name.endsWith("Seconds") && days >= 1 ? `${days} days` : String(value);
}

describe("the simulator", () => {
  it("imports only Node's own modules, and its own", () => {
    const folder = "local/defender-simulator/";
    const files = readdirSync(new URL(folder, ROOT)).filter((name) => name.endsWith(".ts"));
    const text = files.map((name) => page(`${folder}${name}`)).join("\n");
    const imported = [...text.matchAll(/(?:\bfrom |\bimport[ (])"([^"]+)"/g)];
    expect(imported.length).toBeGreaterThan(files.length);
    const others = imported
      .map(([, name = ""]) => name)
      .filter((name) => !/^(?:node:|\.\/)/.test(name));
    expect(others).toEqual([]);
  });
});

describe("the page about the simulator", () => {
  it("has every switch with the default it has, and no other", () => {
    const switches = Object.entries(DEFAULT_SWITCHES);
    const defaults = switches.map(([name, value]) => [name, inWords(name, value)]);
    expect(Object.fromEntries(documentedDefaults())).toEqual(Object.fromEntries(defaults));
  });

  it("says where each default comes from", () => {
    for (const row of tableIn(section(PAGE, "Switches"))) {
      expect(row).toHaveLength(4);
      expect(row[3]).toMatch(/^(?:documented|observed|unverified)/);
    }
  });

  it("tells limits and times as they are", () => {
    const { callsPerMinute, windowSeconds, maxSessions, pageSize } = DEFAULT_LIMITS;
    const text = PAGE.replaceAll(/\s+/g, " ");
    const calls = `${callsPerMinute} calls in ${windowSeconds} s, ${maxSessions} sessions`;
    const { readsPerMinute, readsPerHour } = DEFAULT_LIMITS;
    const reads = `${readsPerMinute} reads a minute and ${readsPerHour.toLocaleString("en-US")} an hour`;
    expect(text).toContain(`${calls}, ${reads}, pages of ${pageSize.toLocaleString("en-US")})`);
    const { huntsPerMinute, huntRows } = DEFAULT_LIMITS;
    const hunts = `${huntsPerMinute} hunts a minute and ${huntRows.toLocaleString("en-US")} rows`;
    expect(text).toContain(hunts);
    const { firstCommandSeconds, scriptSeconds, tailSeconds, cancelSeconds } = DEFAULT_TIMINGS;
    const first = `first command ${firstCommandSeconds.join(" to ")} s after the POST`;
    expect(text).toContain(`${first}, tail ${tailSeconds.join(" to ")} s`);
    expect(text).toContain(`\`stops\` after ${cancelSeconds.join(" to ")} s`);
    const spans = [firstCommandSeconds, scriptSeconds, tailSeconds];
    const [least, most] = [0, 1].map((end) =>
      spans.reduce((sum, span) => sum + (span[end] ?? 0), 0),
    );
    const session = [least ?? 0, most ?? 0].map((seconds) => Math.round(seconds / 20)).join(" to ");
    const [window, link] = [windowSeconds, DEFAULT_TIMINGS.linkSeconds].map((each) => each / 20);
    const faster = `the window of ${windowSeconds} s is ${window} s, a link lives ${link} s`;
    expect(text).toContain(`${faster}, a session with one script takes ${session} s`);
  });

  it("names every fault, and every call that one can befall", () => {
    const faults = section(PAGE, "Faults");
    const named = tableIn(faults).flatMap(([names = ""]) => quotedIn(names));
    expect(named.toSorted()).toEqual(Object.keys(FAULTS).toSorted());
    const points = /`on` is(.*?)\. /s.exec(faults)?.[1] ?? "";
    expect(quotedIn(points).toSorted()).toEqual(Object.keys(POINTS).toSorted());
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readHostSettings } from "../../local/host/host-settings.ts";
import { page, tableIn, unquoted } from "./markdown.ts";

const PAGE = page("docs/host-json.md");
const ROWS = tableIn(PAGE).map(([names = "", value = "", platform = "", reason = ""]) => ({
  names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  value,
  platform,
  reason,
}));

const Members = z.record(z.string(), z.unknown());

/** Every value of host.json by its path, such as `logging.logLevel.default`. */
function leavesOf(value: unknown, path: string): [string, unknown][] {
  const members = Members.safeParse(value);
  if (!members.success) return [[path, value]];
  return Object.entries(members.data).flatMap(([name, member]) =>
    leavesOf(member, path === "" ? name : `${path}.${name}`),
  );
}

/** A time span as people say it: `30 s`, `5 min`. */
function inWords(value: unknown): string {
  const [, minutes, seconds] = /^00:(\d\d):(\d\d)$/.exec(String(value)) ?? [];
  if (minutes === undefined) return String(value);
  return seconds === "00" && minutes !== "00" ? `${Number(minutes)} min` : `${Number(seconds)} s`;
}

/** What host.json says, under the names the page has for it. */
function valuesOf(): Map<string, string> {
  const leaves = new Map(leavesOf(JSON.parse(page("host.json")), ""));
  const words = new Map<string, string>();
  const sampling = "logging.applicationInsights.samplingSettings";
  const bundle = "extensionBundle";
  for (const [path, value] of leaves) {
    if (path.startsWith(sampling) || path.startsWith(bundle) || path === "version") continue;
    words.set(path.replace("extensions.queues.", "queues."), inWords(value));
  }
  words.set(bundle, String(leaves.get(`${bundle}.version`)));
  const types = String(leaves.get(`${sampling}.excludedTypes`)).split(";");
  const excluded = new Intl.ListFormat("en-GB").format(types);
  const isOn = leaves.get(`${sampling}.isEnabled`) === true;
  words.set(sampling, `${isOn ? "on" : "off"}, without ${excluded}`);
  return words;
}

/** Names that stand behind another of the same folder are short. */
function pathsOf(names: readonly string[]): string[] {
  const folder = names[0]?.replace(/(?:Host\.)?\w+$/, "") ?? "";
  return names.map((name, index) => (index === 0 ? name : `${folder}${name}`));
}

describe("the page about host.json", () => {
  it("has every value of the file as it is, and no other", () => {
    const documented = ROWS.flatMap(({ names, value }) =>
      pathsOf(names).map((path): [string, string] => [path, value.replaceAll("`", "")]),
    );
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(valuesOf()));
    expect(documented.length).toBeGreaterThan(10);
  });

  it("gives a reason for each", () => {
    expect(ROWS.filter(({ reason }) => reason === "")).toEqual([]);
  });

  it("tells the defaults that the local host has, too", () => {
    const bare = readHostSettings('{ "version": "2.0" }');
    if (bare.kind === "invalid") throw new Error(bare.problems.join());
    const { routePrefix, functionTimeoutMs, queues } = bare.settings;
    const defaults = {
      functionTimeout: `${(functionTimeoutMs ?? 0) / 60_000} min`,
      "extensions.http.routePrefix": routePrefix,
      "queues.visibilityTimeout": `${queues.visibilityTimeoutSeconds} s`,
      "queues.batchSize": String(queues.batchSize),
      "queues.maxDequeueCount": String(queues.maxDequeueCount),
      "queues.messageEncoding": queues.messageEncoding,
    };
    const platform = new Map(ROWS.map((row) => [row.names[0], row.platform.replaceAll("`", "")]));
    for (const [name, value] of Object.entries(defaults)) {
      expect([
        name,
        platform
          .get(name)
          ?.slice(0, value.length + 1)
          .trim(),
      ]).toEqual([name, value]);
    }
  });

  it("reckons right with the values it has", () => {
    const reading = readHostSettings(page("host.json"));
    if (reading.kind === "invalid") throw new Error(reading.problems.join());
    const { batchSize, newBatchThreshold } = reading.settings.queues;
    expect(PAGE).toContain(`concurrency is ${batchSize + newBatchThreshold} an instance`);
    expect(unquoted(ROWS[0]?.value ?? "")).toMatch(/^\[4\./);
  });
});

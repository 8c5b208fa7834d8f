import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { HEADER_BYTES_MAX } from "../../local/host/http-listener.ts";
import { headerBytesIn, WORKER_ARGUMENTS } from "../../local/host/worker-arguments.ts";
import { localSettings, WORKER_SETTINGS } from "../../local/settings.ts";
import { readStartOptions, START_USAGE } from "../../local/start-options.ts";
import { parseCallers, RIGHTS } from "../../shared/access/caller.ts";
import { readConfig, settings } from "../../shared/config.ts";
import { blocksIn, page, section, tableIn, unquoted } from "./markdown.ts";

const SETTINGS = page("docs/settings.md");
const SAMPLE = z
  .strictObject({ IsEncrypted: z.boolean(), Values: z.record(z.string(), z.string()) })
  .parse(JSON.parse(page("local.settings.sample.json")));

/** The settings as the schema knows them: what one is when nothing sets it. */
const DEFAULTS = new Map(
  Object.entries(settings.shape).map(([name, schema]): [string, string] => {
    const absent = schema.safeParse(undefined);
    if (!absent.success) return [name, "none, required"];
    return [name, absent.data === undefined ? "none" : String(absent.data)];
  }),
);

const ROWS = tableIn(section(SETTINGS, "The app")).map(
  ([name = "", fallback = "", range = "", purpose = "", source = ""]) => ({
    name: unquoted(name),
    fallback,
    range,
    purpose,
    source,
  }),
);

const HOSTS_OWN_ROWS = tableIn(section(SETTINGS, "The Functions host"));
/** The settings that the host itself reads, as the page gives them. */
const HOSTS_OWN: Readonly<Record<string, string>> = Object.fromEntries(
  HOSTS_OWN_ROWS.map(([name = "", value = ""]) => [unquoted(name), unquoted(value)]),
);

/** `1 to 10,000, whole`: bounds, and whether a fraction is refused. */
const RANGE = /^([\d.,]+) to ([\d.,]+?)(, whole)?$/;

function takesWaits(...waits: number[]): boolean {
  return settings.shape.CALLBACK_SCHEDULE_SECONDS.safeParse(waits.join()).success;
}

describe("the page about settings", () => {
  it("has every setting with its default, and no other", () => {
    const documented = new Map(ROWS.map(({ name, fallback }) => [name, fallback]));
    expect(documented).toEqual(DEFAULTS);
    expect(ROWS).toHaveLength(DEFAULTS.size);
  });

  it.each(ROWS.filter(({ fallback }) => /^[\d.]+$/.test(fallback)))(
    "tells the true range of $name, and where its number comes from",
    ({ name, range, source }) => {
      const [, least = "", most = "", whole] = RANGE.exec(range) ?? [];
      const schema = Object.entries(settings.shape).find(([key]) => key === name)?.[1];
      const takes = (value: number) => schema?.safeParse(String(value)).success;
      const [from = NaN, to = NaN] = [least, most].map((text) => Number(text.replaceAll(",", "")));
      expect([from, to]).not.toContain(Number.NaN);
      expect([takes(from), takes(to)]).toEqual([true, true]);
      expect([from - 0.001, from - 1, to + 0.001, to + 1].filter(takes)).toEqual([]);
      const fractions = [from + 0.001, (from + to) / 2 + 0.25, to - 0.5];
      expect(fractions.map(takes)).toEqual(fractions.map(() => whole === undefined));
      expect(source).not.toBe("");
    },
  );

  it("has a range for every number, and tells of one for nothing else", () => {
    const numbers = ROWS.filter(({ range }) => RANGE.test(range)).map(({ name }) => name);
    const shape = Object.entries(settings.shape);
    const inSchema = shape.filter(([, schema]) => typeof schema.safeParse("1").data === "number");
    expect(numbers.toSorted()).toEqual(inSchema.map(([name]) => name).toSorted());
  });

  it("tells what a list of waits may hold", () => {
    const range = ROWS.find(({ name }) => name === "CALLBACK_SCHEDULE_SECONDS")?.range ?? "";
    const [, count = 0, most = 0] = /up to (\d+) numbers up to ([\d,]+)/.exec(range) ?? [];
    const longest = Number(String(most).replaceAll(",", ""));
    expect([takesWaits(0.5, longest), takesWaits(0, longest - 0.5)]).toEqual([true, true]);
    expect([takesWaits(longest + 0.5), takesWaits(-0.5)]).toEqual([false, false]);
    const waits = Array.from({ length: Number(count) }, () => 0.5);
    expect([takesWaits(...waits), takesWaits(...waits, 0.5)]).toEqual([true, false]);
  });

  it("shows a caller that is right, and names every right", () => {
    const callers = section(SETTINGS, "CALLERS");
    const sample = blocksIn(SETTINGS).find(({ language }) => language === "json");
    expect(parseCallers(`[${sample?.text}]`)).toMatchObject({ kind: "parsed" });
    for (const right of RIGHTS) expect(callers).toContain(`\`${right}\``);
  });
});

describe("the settings of the Functions host", () => {
  it("are told with a reason, and the local stack sets the same for its worker", () => {
    const parts = { storage: "", simulator: null, key: "", stateDir: "" };
    expect(HOSTS_OWN).toMatchObject(WORKER_SETTINGS);
    expect(localSettings(parts, {})).toMatchObject(WORKER_SETTINGS);
    expect(headerBytesIn(HOSTS_OWN[WORKER_ARGUMENTS])).toBeGreaterThan(HEADER_BYTES_MAX);
    for (const [, , why = ""] of HOSTS_OWN_ROWS) expect(why).not.toBe("");
  });
});

describe("the settings of npm start", () => {
  it("are those its help names, with the same defaults", () => {
    const rows = tableIn(section(SETTINGS, "On this machine"));
    const documented = rows.map(([name = ""]) => unquoted(name));
    const named = [...START_USAGE.matchAll(/^ {2}([A-Za-z_]+)(?:=1)? {2,}/gm)].map(
      ([, name = ""]) => name,
    );
    expect(documented.toSorted()).toEqual(named.toSorted());
    const asked = readStartOptions([], {});
    const options = asked.kind === "start" ? asked.options : null;
    const defaults = new Map(rows.map(([name = "", fallback]) => [unquoted(name), fallback]));
    expect(defaults.get("PORT")).toBe(String(options?.port));
    expect(defaults.get("SIMULATOR_SPEED")).toBe(String(options?.speed));
  });
});

describe("the command that makes a key", () => {
  it("prints a key and the hash a caller has of it", () => {
    const block = blocksIn(SETTINGS).find(({ language }) => language === "sh");
    const said = execFileSync("sh", ["-e", "-c", block?.text ?? "false"], { encoding: "utf8" });
    const [key = "", hash = ""] = said.trim().split(" ");
    expect(hash).toBe(`sha256:${createHash("sha256").update(key).digest("hex")}`);
    const caller = { name: "new", key: hash, may: ["incident.submit"] };
    expect(parseCallers(JSON.stringify([caller])).kind).toBe("parsed");
    expect(Buffer.from(key, "base64url").byteLength).toBe(32);
  });
});

describe("the sample of local settings", () => {
  it("has every setting at its default, so that it changes nothing", () => {
    const { AzureWebJobsStorage, POLL_SCHEDULE, ...rest } = SAMPLE.Values;
    const expected = [...DEFAULTS]
      .filter(([name]) => name !== "AzureWebJobsStorage" && name !== "POLL_SCHEDULE")
      .map(([name, value]) => [name, value === "none" ? "" : value]);
    expect(rest).toEqual({ ...Object.fromEntries(expected), ...HOSTS_OWN });
    expect(SAMPLE.IsEncrypted).toBe(false);
    expect([AzureWebJobsStorage, POLL_SCHEDULE]).not.toContain(undefined);
  });

  it("is a configuration that works", () => {
    expect(readConfig(SAMPLE.Values)).toMatchObject({ kind: "config" });
  });
});

import { describe, expect, it } from "vitest";
import { cronInWords } from "../../page/words/cron.ts";
import { clausesOf } from "../../page/words/definition.ts";
import { definitionSchema } from "../../shared/sweep/definition.ts";

describe("a cron rule in plain words", () => {
  it.each([
    ["0 22 * * 5", "every Friday at 22:00"],
    ["5 3 * * *", "every day at 03:05"],
    ["0 6,18 * * *", "every day at 06:00 and 18:00"],
    ["30 1 * * 1-5", "every Monday to Friday at 01:30"],
    ["0 0 * * 0,7", "every Sunday at 00:00"],
    ["0 4 1,15 * *", "on day 1 and 15 of each month at 04:00"],
    ["7 * * * sat", "every Saturday, each hour at minute 7"],
    ["0 */6 * * *", "every day, every 6 hours at minute 0"],
  ])("%s is %s", (cron, words) => {
    expect(cronInWords(cron)).toBe(words);
  });

  it.each([
    "*/5 * * * *",
    "0 22 13 * 5",
    "0 22 * 1 *",
    "0 22-23 * * *",
    "0 22 L * *",
    "0 22 * * 5#2",
  ])("%s is left as it is", (cron) => {
    expect(cronInWords(cron)).toBeNull();
  });
});

describe("a definition in plain words", () => {
  const least = {
    name: "triage",
    title: "Triage",
    profiles: ["windows-triage"],
    targets: { include: [{ names: ["*"] }] },
  };

  it("says what is left out, too", () => {
    const clauses = clausesOf(definitionSchema.parse(least));
    expect(Object.fromEntries(clauses.map(({ about, says }) => [about, says]))).toEqual({
      "asks with": ["windows-triage"],
      machines: ["every machine"],
      "a round starts": ["when a person starts one"],
      "it submits": ["at any time"],
      "a round is open": ["at most 7 days"],
      "it may use": ["at most 50 % of the calls and sessions"],
      first: ["5 machines; the others after half of them have succeeded"],
      "it pauses": ["if more than 30 % of 10 machines fail"],
      "it tells": ["of a round that reaches less than 90 %"],
    });
  });

  it("says each thing that can be asked for", () => {
    const whole = definitionSchema.parse({
      ...least,
      parameters: { path: "C:\\x" },
      targets: {
        include: [{ platforms: ["linux", "macos"], tags: ["server"], seenWithin: "1d" }],
        exclude: [{ groups: ["lab"] }, { ids: ["a".repeat(40)] }],
        query: "DeviceInfo | distinct DeviceId",
        notCollectedWithin: "12h",
      },
      schedule: { cron: "*/5 * * * *", zone: "Europe/Berlin" },
      startingDeadline: "30m",
      overlap: "replace",
      window: { from: "22:00", to: "06:00", zone: "Europe/Berlin" },
      limit: 100,
      firstWave: 0,
      coverage: null,
    });
    expect(clausesOf(whole)).toEqual([
      { about: "asks with", says: ["windows-triage"] },
      { about: "parameters", says: ["path = C:\\x"] },
      {
        about: "machines",
        says: ["platform linux or macos, tag server and seen in the last 1 day"],
      },
      { about: "named by the query", says: ["DeviceInfo | distinct DeviceId"] },
      { about: "never", says: ["group lab", `id ${"a".repeat(40)}`] },
      { about: "not those", says: ["reached in the last 12 hours"] },
      {
        about: "a round starts",
        says: [
          "by the cron rule */5 * * * * (Europe/Berlin)",
          "at most 30 minutes late",
          "in the place of a round that is still open",
        ],
      },
      { about: "it submits", says: ["from 22:00 to 06:00 (Europe/Berlin)"] },
      { about: "a round is open", says: ["at most 7 days"] },
      { about: "it may use", says: ["at most 50 % of the calls and sessions"] },
      { about: "machines", says: ["at most 100 in a round"] },
      { about: "it pauses", says: ["if more than 30 % of 10 machines fail"] },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { RIGHTS } from "../../../shared/access/caller.ts";
import { SOURCES } from "../../../shared/incident/incident.ts";
import { describeCaller } from "../../../shared/workflow/view/describe-caller.ts";
import { describeProfiles } from "../../../shared/workflow/view/describe-profiles.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { shippedCatalogue } from "../../plan/shipped.ts";
import { readPins } from "../../../shared/shipped-profiles.ts";

const CAPS = { perIncident: 25, perCallerDay: 100, perDay: 500 };
const key = keyHash("secret");
const pins = readPins(new URL("../../../library/", import.meta.url));
if (pins.kind === "invalid") throw new Error("the shipped pins are wrong");
const known = { catalogue: shippedCatalogue(), pins: pins.value };

function one(setting: object) {
  const [caller] = callersOf([{ name: "soar", key, may: RIGHTS, ...setting }]);
  if (caller === undefined) throw new Error("there is no caller");
  return caller;
}

describe("who a caller is", () => {
  it("is said with its team, rights and caps, and without its credential", () => {
    const view = describeCaller(one({ may: ["run.read"], caps: { perDay: 7 } }), CAPS);
    expect(view).toEqual({
      name: "soar",
      team: "soar",
      all: false,
      may: ["run.read"],
      sources: [...SOURCES],
      profiles: null,
      caps: { perIncident: 25, perDay: 7 },
    });
    expect(JSON.stringify(view)).not.toContain(key);
  });
});

describe("the profiles of a caller", () => {
  it("are all of them, by name, each with the pins of its files", () => {
    const { profiles } = describeProfiles(one({}), known);
    expect(profiles.map(({ name }) => name)).toEqual([...known.catalogue.keys()].toSorted());
    const triage = profiles.find(({ name }) => name === "windows-triage");
    expect(triage?.files.length).toBeGreaterThan(0);
    for (const { name, sha256 } of triage?.files ?? []) {
      expect(sha256).toBe(known.pins.get(name)?.sha256);
    }
    const files = profiles.flatMap((each) => (each.pinned ? each.files : []));
    expect(files.filter(({ sha256 }) => sha256 === null)).toEqual([]);
  });

  it("are only those that its setting names", () => {
    const { profiles } = describeProfiles(one({ profiles: ["unix-triage"] }), known);
    expect(profiles.map(({ name }) => name)).toEqual(["unix-triage"]);
  });
});

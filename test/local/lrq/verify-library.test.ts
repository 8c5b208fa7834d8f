import { describe, expect, it } from "vitest";
import { checkPins } from "../../../local/lrq/verify-library.ts";
import { appendAudit } from "../../../shared/evidence/audit.ts";
import { appendEntry, type CustodyFields } from "../../../shared/evidence/custody.ts";
import { FIRST_HEAD } from "../../../shared/ledger/run/chain-head.ts";
import { parsePins, type Pins } from "../../../shared/plan/library/pins.ts";
import { anEntry } from "../../evidence/an-entry.ts";

const PIN = "a".repeat(64);
const PINS = pinsOf({ "look.sh": PIN });
const AT = "2026-11-20T10:00:00.000Z";

function pinsOf(all: Readonly<Record<string, string>>): Pins {
  const files = Object.entries(all).map(([name, sha256]) => {
    return { name, sha256, description: null, parameters: null, signed: false };
  });
  const read = parsePins({ version: 1, files });
  if (read.kind === "invalid") throw new Error(JSON.stringify(read.problems));
  return read.value;
}

/** What `verify` finds in one entry with this. */
function foundIn(fields: Partial<CustodyFields>): string[] {
  const found: string[] = [];
  const entry = appendEntry(null, { ...anEntry(), ...fields });
  const entries = new Map([[1, entry]]);
  checkPins({ entries, records: [] }, PINS, (where, what) => found.push(`${where} ${what}`));
  return found;
}

const library = (sha256: string | null, more: object = {}) => {
  const files = [{ name: "look.sh", sha256 }];
  return { pinned: true, listedAt: AT, files, changedAt: null, ...more };
};
const RUN = { type: "RunScript", scriptName: "look.sh", args: null, scriptSha256: null } as const;

describe("what ran, held against the pins", () => {
  it("is as it should be if every file was as pinned, or none was used", () => {
    expect(foundIn({ library: library(PIN) })).toEqual([]);
    expect(foundIn({ library: null })).toEqual([]);
  });

  it.each([
    ["another file ran", { library: library("b".repeat(64)) }, `look.sh was ${"b".repeat(64)}`],
    ["nobody listed it", { library: library(null) }, "look.sh was not listed"],
    [
      "it changed while it ran",
      { library: library(PIN, { changedAt: AT }) },
      "a library file was changed while",
    ],
    [
      "nobody pinned it",
      { library: library(PIN, { files: [{ name: "other.sh", sha256: PIN }] }) },
      "other.sh has no pin",
    ],
    ["nobody looked", { library: null, command: RUN }, "nothing says which bytes ran as look.sh"],
  ])("is a finding if %s", (_, fields, says) => {
    expect(foundIn(fields)).toEqual([expect.stringContaining(`manifest.json entry 1: ${says}`)]);
  });

  it("is a finding if the log of the run says that a file changed", () => {
    const sequences = [{ sequenceId: "run.sequence", machineActionId: "action" }];
    const detail = "while it ran, the library's look.sh changed";
    const fact = { at: AT, event: "libraryChanged", by: null, sequences, detail } as const;
    const { records } = appendAudit(FIRST_HEAD, "run", [fact]);
    const found: string[] = [];
    checkPins({ entries: new Map(), records }, PINS, (_, what) => found.push(what));
    expect(found).toEqual([`record 1, sequence run.sequence: ${detail}`]);
  });
});

import { describe, expect, it } from "vitest";
import { pinnedScripts } from "../../../local/demo/pinned-scripts.ts";
import { appendEntry, type CustodyFields } from "../../../shared/evidence/custody.ts";
import { anEntry } from "../../evidence/an-entry.ts";

const SHA = "f".repeat(64);
const RAN = { type: "RunScript", scriptName: "look.sh", args: null, scriptSha256: SHA } as const;
const LIBRARY = {
  pinned: true,
  listedAt: "2026-11-20T10:00:00.000Z",
  files: [{ name: "look.sh", sha256: SHA }],
  changedAt: null,
};

function checked(fields: Partial<CustodyFields>) {
  return pinnedScripts([appendEntry(null, { ...anEntry(), ...fields })]);
}

describe("the scripts of the demo", () => {
  it("are shown by name with their whole hash", () => {
    const { problems, shown } = checked({ command: RAN, library: LIBRARY });
    expect([problems, shown]).toEqual([[], ["look.sh", `  ${SHA}`]]);
  });

  it.each([
    ["nobody knows which bytes ran", { command: { ...RAN, scriptSha256: null }, library: null }],
    ["nobody pinned them", { command: RAN, library: { ...LIBRARY, pinned: false } }],
    ["they changed", { command: RAN, library: { ...LIBRARY, changedAt: LIBRARY.listedAt } }],
  ])("are a problem if %s", (_, fields) => {
    expect(checked(fields).problems).toHaveLength(1);
  });
});

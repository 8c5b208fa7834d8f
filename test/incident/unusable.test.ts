import { describe, expect, it } from "vitest";
import { isMention, mentionOf, otherId } from "../../shared/incident/machine-mention.ts";
import { labelled } from "../../shared/incident/unusable.ts";

const VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm-7";

describe("a machine that nobody can be found by", () => {
  it.each([
    [{ machineId: "x", names: ["a b"] }, "a b", /no DNS name/],
    [{ machineId: null, names: ["BÜRO-PC7"] }, "BÜRO-PC7", /no DNS name/],
    [{ machineId: null, names: [String.raw`CORP\a b`] }, String.raw`CORP\a b`, /no DNS name/],
    [{ machineId: "a".repeat(39), names: [] }, "a".repeat(39), /has 39 characters/],
    [only("entra", "e-1"), "e-1", /^Only the device's id in Entra was sent, and no host name/],
    [only("azure", VM), "vm-7", /^Only the machine's resource id in Azure was sent, and no host/],
    [only("azure", "//"), "//", /resource id in Azure/],
    [only("logAnalytics", "a/b"), "a/b", /Log Analytics agent/],
    [only("display", "Erika"), "Erika", /^Only a display name was sent, and no host name/],
    [{ machineId: null, names: [] }, "unnamed machine", /neither an id nor a name/i],
    [{ machineId: null, names: ["x".repeat(9_999)] }, `${"x".repeat(99)}…`, /no DNS name/],
  ])("is shown as people know it, with the reason: %j", (said, machine, reason) => {
    const one = mentionOf({ systems: ["Linux"], ...said });
    if (isMention(one)) throw new Error("it can be found");
    expect(labelled([one])).toEqual([{ machine, reason: expect.stringMatching(reason) }]);
  });

  it("is there once, however often it was named", () => {
    const one = { said: "a b", reason: "r." };
    expect(labelled([one, { said: " a b ", reason: "r." }])).toEqual([
      { machine: "a b", reason: "r." },
    ]);
  });

  it("stays beside another that looks the same, and both say so", () => {
    const reason = "r. The sender named 2 machines that look like this here.";
    const same = ["a\u200bb", "a b", "c"].map((said) => ({ said, reason: "r." }));
    expect(labelled(same)).toEqual([
      { machine: "a b", reason },
      { machine: "a b", reason },
      { machine: "c", reason: "r." },
    ]);
  });
});

function only(of: Parameters<typeof otherId>[0], id: string) {
  return { machineId: null, names: [null], otherIds: [null, otherId(of, id)] };
}

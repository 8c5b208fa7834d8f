import { describe, expect, it } from "vitest";
import type { Known, SignedMessageId } from "../../shared/access/authenticate.ts";
import { createReplays } from "../../shared/access/replays.ts";
import { callersOf, keyHash } from "./callers.ts";

const [ONE, OTHER] = callersOf([
  { name: "one", key: keyHash("1"), may: ["incident.submit"] },
  { name: "other", key: keyHash("2"), may: ["incident.submit"] },
]);
if (ONE === undefined || OTHER === undefined) throw new Error("two callers");

function by(signed: SignedMessageId | null, caller = ONE): Known {
  if (caller === undefined) throw new Error("no caller");
  const scheme = signed === null ? "key" : signed.atSeconds === null ? "jira" : "hmac";
  return { kind: "caller", caller, scheme, signed, objectId: null, isPerson: false };
}

const message = (id: string, atSeconds: number) => by({ id, atSeconds });

describe("a signed message", () => {
  it("that comes again as it was, or is older, is a copy; signed anew it is none", () => {
    const replays = createReplays();
    const seen = [100, 100, 99, 101, 101, 100, 400].map((at) => replays.isCopy(message("m", at)));
    expect(seen).toEqual([false, true, true, false, true, true, false]);
  });

  it("is told from those with another id, and from those of other callers", () => {
    const replays = createReplays();
    const signed = { id: "m", atSeconds: 100 };
    const seen = [by(signed), by({ ...signed, id: "n" }), by(signed, OTHER), by(signed)];
    expect(seen.map((each) => replays.isCopy(each))).toEqual([false, false, false, true]);
  });

  it("of Jira may come six times, as Jira sends it, and no more", () => {
    const replays = createReplays();
    const seen = Array.from({ length: 8 }, () =>
      replays.isCopy(by({ id: "sha256=ab", atSeconds: null })),
    );
    expect(seen).toEqual([...Array.from({ length: 6 }, () => false), true, true]);
  });

  it("is forgotten after 20,000 others, and not before", () => {
    const replays = createReplays();
    replays.isCopy(message("first", 1));
    for (let number = 0; number < 19_998; number += 1) replays.isCopy(message(`${number}`, 1));
    expect(replays.isCopy(message("first", 1))).toBe(true);
    for (let number = 0; number < 20_000; number += 1) replays.isCopy(message(`x${number}`, 1));
    expect(replays.isCopy(message("first", 1))).toBe(false);
  });
});

describe("a request that is not signed", () => {
  it("is never a copy", () => {
    const replays = createReplays();
    expect([by(null), by(null)].map((each) => replays.isCopy(each))).toEqual([false, false]);
  });
});

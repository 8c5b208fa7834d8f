import { describe, expect, it } from "vitest";
import { createPublishedKeys } from "../../shared/entra/published-keys.ts";

const AUTHORITY = "https://login.example";
const HOUR_MS = 3_600_000;
const published = (...kids: string[]) => ({
  keys: kids.map((kid) => ({
    kty: "RSA",
    use: "sig",
    kid,
    n: `n of ${kid}`,
    e: "AQAB",
    x5c: ["?"],
  })),
});

/** An authority that answers what `serve` holds, and a clock that stands until it is moved. */
function authority(first: unknown) {
  const world = { nowMs: 1_000_000, serve: first, urls: new Array<string>() };
  const keys = createPublishedKeys({
    authority: AUTHORITY,
    nowMs: () => world.nowMs,
    fetch: async (input, init) => {
      world.urls.push(new Request(input).url);
      expect(init?.redirect).toBe("error");
      const { serve } = world;
      if (serve instanceof Error) throw serve;
      return typeof serve === "number"
        ? new Response("trouble", { status: serve })
        : new Response(typeof serve === "string" ? serve : JSON.stringify(serve));
    },
  });
  return { world, find: async (kid: string, tenant = "t") => await keys.find(tenant, kid) };
}

const key = (kid: string) => ({
  kind: "key",
  key: { kty: "RSA", kid, n: `n of ${kid}`, e: "AQAB" },
});

describe("published keys", () => {
  it("are asked for once, at the tenant's own address, however many ask", async () => {
    const { world, find } = authority(published("a", "b"));
    const found = await Promise.all(["a", "b", "a"].map(async (kid) => await find(kid)));
    expect(found).toEqual([key("a"), key("b"), key("a")]);
    world.nowMs += HOUR_MS;
    expect(await find("a")).toEqual(key("a"));
    expect(world.urls).toEqual([`${AUTHORITY}/t/discovery/v2.0/keys`]);
    await find("a", "u");
    expect(world.urls).toHaveLength(2);
  });

  it("take in a new one when a token names it, and let go of one that is gone", async () => {
    const { world, find } = authority(published("old"));
    await find("old");
    world.serve = published("new");
    world.nowMs += 60_000;
    expect(await find("new")).toEqual(key("new"));
    expect(await find("old")).toEqual({ kind: "unknown" });
    expect(world.urls).toHaveLength(2);
  });

  it("let go of one that is gone within six hours, although nobody names a new one", async () => {
    const { world, find } = authority(published("stolen", "kept"));
    await find("stolen");
    world.serve = published("kept");
    world.nowMs += 6 * HOUR_MS - 1;
    expect(await find("stolen")).toEqual(key("stolen"));
    world.nowMs += 1;
    expect(await find("stolen")).toEqual({ kind: "unknown" });
  });

  it("are asked for at most once a minute, whatever tokens name", async () => {
    const { world, find } = authority(published("a"));
    for (let second = 0; second < 180; second += 1) {
      expect(await find(`made up ${second}`)).toEqual({ kind: "unknown" });
      world.nowMs += 1_000;
    }
    expect(world.urls).toHaveLength(3);
  });

  it.each([
    ["cannot be reached", new Error("ECONNREFUSED")],
    ["answers 500", 500],
    ["answers no JSON", "<html>"],
    ["answers something else", { keys: "none" }],
    ["answers no key", { keys: [] }],
    ["answers without end", JSON.stringify({ keys: [], padding: "x".repeat(300_000) })],
  ])("hold for a day while the authority %s", async (_, trouble) => {
    const { world, find } = authority(published("a"));
    await find("a");
    world.serve = trouble;
    world.nowMs += 24 * HOUR_MS - 1;
    expect(await find("a")).toEqual(key("a"));
    expect(await find("perhaps new")).toMatchObject({ kind: "unavailable" });
    world.nowMs += 60_000;
    expect(await find("a")).toMatchObject({ kind: "unavailable" });
    world.serve = published("a");
    world.nowMs += 60_000;
    expect(await find("a")).toEqual(key("a"));
  });

  it("that never came are not known to be none", async () => {
    const { world, find } = authority(new Error("down"));
    expect(await find("a")).toMatchObject({ kind: "unavailable" });
    expect(await find("a")).toMatchObject({ kind: "unavailable" });
    expect(world.urls).toHaveLength(1);
  });

  it("are only those we can use", async () => {
    const odd = [
      { kty: "EC", kid: "ec" },
      { kty: "RSA", use: "enc", kid: "enc", n: "n", e: "e" },
      7,
    ];
    const { find } = authority({ keys: [...odd, ...published("a").keys] });
    expect(await find("a")).toEqual(key("a"));
    expect(await find("ec")).toEqual({ kind: "unknown" });
    expect(await find("enc")).toEqual({ kind: "unknown" });
  });
});

import { describe, expect, it } from "vitest";

import { createTokens } from "../../shared/defender/token.ts";

const HOUR_MS = 3_600_000;

/** An identity that issues t1, t2, …, each an hour long, or refuses while `down`. */
function identity() {
  const state = { nowMs: 0, issued: 0, down: false };
  const getToken = async () => {
    if (state.down) throw new Error("identity is down");
    state.issued += 1;
    return { token: `t${state.issued}`, expiresAtMs: state.nowMs + HOUR_MS };
  };
  return { state, tokens: createTokens(getToken, () => state.nowMs, 1_000) };
}

describe("the access token", () => {
  it("is kept until five minutes before it ends", async () => {
    const { state, tokens } = identity();
    expect(await tokens.current()).toBe("t1");
    state.nowMs = HOUR_MS - 5 * 60_000 - 1;
    expect(await tokens.current()).toBe("t1");
    state.nowMs += 1;
    expect(await tokens.current()).toBe("t2");
  });

  it("is fetched once for all who wait", async () => {
    const { state, tokens } = identity();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.current()));
    expect(new Set(all)).toEqual(new Set(["t1"]));
    expect(state.issued).toBe(1);
  });

  it("can be had again after a failed fetch", async () => {
    const { state, tokens } = identity();
    state.down = true;
    await expect(tokens.current()).rejects.toThrow("identity is down");
    state.down = false;
    expect(await tokens.current()).toBe("t1");
  });

  it("serves on while it lives when it cannot be renewed, and no longer", async () => {
    const { state, tokens } = identity();
    await tokens.current();
    state.down = true;
    state.nowMs = HOUR_MS - 1;
    expect(await tokens.current()).toBe("t1");
    state.nowMs = HOUR_MS;
    await expect(tokens.current()).rejects.toThrow("identity is down");
  });

  it("is dropped when Defender would not take it, unless it was renewed meanwhile", async () => {
    const { tokens } = identity();
    await tokens.current();
    tokens.forget("t1");
    expect(await tokens.current()).toBe("t2");
    tokens.forget("t1");
    expect(await tokens.current()).toBe("t2");
  });

  it("is not waited for longer than its timeout, and then asked for anew", async () => {
    let calls = 0;
    const getToken = () => {
      calls += 1;
      return calls === 1
        ? new Promise<never>(() => {})
        : Promise.resolve({ token: "t", expiresAtMs: HOUR_MS });
    };
    const tokens = createTokens(getToken, () => 0, 20);
    await expect(tokens.current()).rejects.toThrow(/timeout/);
    expect(await tokens.current()).toBe("t");
  });

  it.each(["", "two words", "line\nbreak", "ümlaut"])("%j is none", async (token) => {
    const getToken = async () => ({ token, expiresAtMs: HOUR_MS });
    await expect(createTokens(getToken, () => 0, 1_000).current()).rejects.toThrow(/bearer/);
  });
});

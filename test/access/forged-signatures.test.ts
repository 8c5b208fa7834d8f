import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { authenticate, SECRETS_TRIED_MAX } from "../../shared/access/authenticate.ts";
import type { Caller } from "../../shared/access/caller.ts";
import type { Entra } from "../../shared/access/signing-keys.ts";
import { callersOf } from "./callers.ts";

/** Counts the hashes; each is over the whole body. */
const hashes = vi.spyOn(crypto, "createHmac");
syncBuiltinESMExports();
beforeEach(() => {
  hashes.mockClear();
});
afterAll(() => {
  hashes.mockRestore();
  syncBuiltinESMExports();
});

const NOW_MS = 1_800_000_000_000;
const KEYS = { find: () => Promise.reject(new Error("a key was asked for")) };
const ENTRA: Entra = { authority: "https://login.example", keys: KEYS };
const BODY = new TextEncoder().encode("{}");
const FORGED = {
  jira: { "x-hub-signature": `sha256=${"0".repeat(64)}` },
  hmac: {
    "webhook-id": "m",
    "webhook-timestamp": String(NOW_MS / 1_000),
    "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
  },
};

const bytes = (text: string) => Buffer.from(text.padEnd(32)).toString("base64");

/** So many callers, each with three secrets of both kinds. */
function callers(many: number): Caller[] {
  return callersOf(
    Array.from({ length: many }, (_, number) => ({
      name: `caller-${number}`,
      jira: [1, 2, 3].map((nth) => `a secret of jira ${number} ${nth}`),
      hmac: [1, 2, 3].map((nth) => `whsec_${bytes(`${number} ${nth}`)}`),
      may: ["incident.submit"],
    })),
  );
}

async function ask(of: readonly Caller[], headers: Record<string, string>, named: string | null) {
  let read = 0;
  const body = async () => {
    read += 1;
    return BODY;
  };
  const shown = { headers: new Headers(headers), named, body };
  const answer = await authenticate(of, ENTRA, shown, NOW_MS);
  return { answer, read, hashes: hashes.mock.calls.length };
}

describe.each(["jira", "hmac"] as const)("a forged signature (%s)", (scheme) => {
  it("costs no hash and no body if 84 callers have three secrets each", async () => {
    const { answer, ...cost } = await ask(callers(84), FORGED[scheme], null);
    expect(cost).toEqual({ read: 0, hashes: 0 });
    expect(answer).toMatchObject({ kind: "nobody", why: expect.stringContaining("?caller=") });
  });

  it("costs the hashes of one caller if it names one, and none if it names nobody", async () => {
    expect(await ask(callers(84), FORGED[scheme], "caller-7")).toMatchObject({
      read: 1,
      hashes: 3,
      answer: { kind: "nobody" },
    });
    hashes.mockClear();
    expect(await ask(callers(84), FORGED[scheme], "a stranger")).toMatchObject({
      read: 0,
      hashes: 0,
      answer: { kind: "nobody" },
    });
  });

  it("never costs more than eight", async () => {
    const costs: number[] = [];
    for (const many of [1, 2, 3, 4]) {
      hashes.mockClear();
      costs.push((await ask(callers(many), FORGED[scheme], null)).hashes);
    }
    expect(costs).toEqual([3, 6, 0, 0]);
    expect(Math.max(...costs)).toBeLessThanOrEqual(SECRETS_TRIED_MAX);
  });
});

describe("a good signature", () => {
  it("is known among 84 callers if the address names its caller, and not as another's", async () => {
    const mac = crypto.createHmac("sha256", "a secret of jira 7 2").update(BODY).digest("hex");
    const headers = { "x-hub-signature": `sha256=${mac}` };
    const { answer } = await ask(callers(84), headers, "caller-7");
    expect(answer).toMatchObject({ kind: "caller", caller: { name: "caller-7" } });
    const other = await ask(callers(84), headers, "caller-8");
    expect(other.answer.kind).toBe("nobody");
  });
});

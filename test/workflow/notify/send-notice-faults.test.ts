import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallbackAnswer } from "../../../shared/callback/answer.ts";
import { openCallingBack, TARGETS, type CallBackPorts } from "../calling-back.ts";

class Fault extends Error {}

/** What befalls one call of storage: it never happens, or it happens and nobody hears of it. */
type Befall = "fine" | "lost" | "unheard";

const BEFALLS = fc.array(fc.constantFrom<Befall>("fine", "fine", "fine", "lost", "unheard"), {
  maxLength: 80,
});
const ANSWERS = fc.array(
  fc.constantFrom<CallbackAnswer | number>(
    204,
    200,
    500,
    429,
    302,
    { kind: "unavailable", detail: "no answer" },
    { kind: "refusedAddress", detail: "not there" },
  ),
  { maxLength: 40 },
);

/** Ports whose calls meet these fates, one after the other, and then no more trouble. */
function troubled(ports: CallBackPorts, befalls: Befall[]): CallBackPorts {
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    const befall = befalls.shift() ?? "fine";
    if (befall === "lost") throw new Fault();
    const came = await call();
    if (befall === "unheard") throw new Fault();
    return came;
  };
  const { ledger, bells } = ports;
  return {
    ...ports,
    ledger: {
      read: async (key) => await through(async () => await ledger.read(key)),
      list: async (from, before, limit) =>
        await through(async () => await ledger.list(from, before, limit)),
      commit: async (changes) => await through(async () => await ledger.commit(changes)),
    },
    bells: {
      ...bells,
      ringCallback: async (bell) => await through(async () => await bells.ringCallback(bell)),
    },
  };
}

const MINUTES = 300;

describe("callbacks in trouble", () => {
  it("are all delivered or dead in the end, each under one id, and nothing else is sent", async () => {
    await fc.assert(
      fc.asyncProperty(BEFALLS, ANSWERS, async (befalls, answers) => {
        const taken = new Set<string>();
        const left = [...answers];
        const world = openCallingBack(({ headers }) => {
          const answer = left.shift() ?? 204;
          if (answer === 204 || answer === 200) taken.add(headers["webhook-id"] ?? "");
          return answer;
        });
        await world.accept(1, [TARGETS.one, TARGETS.two]);
        await world.cancel();
        const owed = new Set(world.notices().map(({ noticeId }) => noticeId));
        expect(owed.size).toBe(6);
        const ports = troubled(world.ports(), [...befalls]);
        for (let minute = 0; minute < MINUTES; minute += 1) {
          await world.serve(ports).catch((error: unknown) => {
            if (!(error instanceof Fault)) throw error;
          });
          world.pass(60_000);
        }
        const dead = new Set(world.deadIds());
        expect(world.notices()).toEqual([]);
        expect(world.bells.size()).toBe(0);
        expect(new Set(world.sent.map(({ headers }) => headers["webhook-id"]))).toEqual(owed);
        expect([...owed].filter((id) => !taken.has(id) && !dead.has(id))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

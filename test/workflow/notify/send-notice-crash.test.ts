import { describe, expect, it } from "vitest";
import { idsSent, openCallingBack, type CallBackPorts } from "../calling-back.ts";

class Crash extends Error {}

/** Ports of a host that dies before or after its n-th call of anything outside. */
function dying(ports: CallBackPorts, nth: number, when: "before" | "after") {
  const state = { calls: 0, dead: false };
  const guarded =
    <A extends readonly unknown[], R>(call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (state.dead) throw new Crash();
      state.calls += 1;
      const last = state.calls === nth;
      state.dead = last;
      if (last && when === "before") throw new Crash();
      const came = await call(...given);
      if (last) throw new Crash();
      return came;
    };
  const { ledger, bells, callbacks } = ports;
  const mortal: CallBackPorts = {
    ...ports,
    ledger: {
      read: guarded(async (key: string) => await ledger.read(key)),
      list: guarded(
        async (from: string, before: string, limit: number) =>
          await ledger.list(from, before, limit),
      ),
      commit: guarded(
        async (changes: Parameters<typeof ledger.commit>[0]) => await ledger.commit(changes),
      ),
    },
    bells: {
      ...bells,
      ringCallback: guarded(
        async (bell: Parameters<typeof bells.ringCallback>[0]) => await bells.ringCallback(bell),
      ),
    },
    callbacks: {
      send: guarded(
        async (request: Parameters<typeof callbacks.send>[0]) => await callbacks.send(request),
      ),
    },
  };
  return { ports: mortal, state };
}

/** More than one callback ever makes; the last of them prove that no call was left out. */
const CALLS_MAX = 14;

describe("a host that dies while it calls back", () => {
  it.each(["before", "after"] as const)(
    "%s any call loses no message: it arrives at least once, with one id",
    async (when) => {
      const finished: number[] = [];
      for (let nth = 1; nth <= CALLS_MAX; nth += 1) {
        const world = openCallingBack(() => 204);
        await world.accept(1);
        const { ports, state } = dying(world.ports(), nth, when);
        await world.serve(ports).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        if (!state.dead) finished.push(nth);
        // The queue shows the message again, and the poll rings again.
        for (let minutes = 0; minutes < 30; minutes += 1) {
          world.pass(60_000);
          await world.serve();
        }
        expect(idsSent(world).size, `call ${nth}`).toBe(1);
        expect(world.sent.length, `call ${nth}`).toBeLessThanOrEqual(2);
        expect(world.notices(), `call ${nth}`).toEqual([]);
        expect((await world.run()).callbacks[0]?.delivered, `call ${nth}`).not.toBeNull();
        expect(world.bells.size(), `call ${nth}`).toBe(0);
      }
      expect(finished).toContain(CALLS_MAX);
      expect(finished.length).toBeLessThan(CALLS_MAX - 5);
    },
  );
});

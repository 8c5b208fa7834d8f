import { expect, it } from "vitest";
import type { Ledger } from "../../shared/ports.ts";
import { startAccepting } from "./accepting.ts";

it.each([1, 5])(
  "an incident of %i machines is taken by a host that has just begun",
  async (count) => {
    const world = startAccepting();
    const state = { hasHeard: false };
    const { ledger, clock } = world.ports;
    const heard = async <T>(answer: Promise<T>): Promise<T> => {
      const value = await answer;
      state.hasHeard = true;
      return value;
    };
    const hearing: Ledger = {
      read: async (key) => await heard(ledger.read(key)),
      list: async (from, before, limit) => await heard(ledger.list(from, before, limit)),
      commit: async (changes) => await heard(ledger.commit(changes)),
    };
    // Its clock is that of storage, and storage has told it nothing yet.
    const earliest = () => {
      if (!state.hasHeard) throw new Error("nobody has told the time");
      return clock.earliest();
    };
    const known = { ...clock, earliest, latest: earliest };
    const machines = Array.from({ length: count }, (_, number) => number);
    const through = { ...world.ports, ledger: hearing, clock: known };
    expect((await world.accept("case", machines, {}, through)).kind).toBe("accepted");
  },
);

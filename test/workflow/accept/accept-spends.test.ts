import { describe, expect, it } from "vitest";
import type { Defender, Machine } from "../../../shared/ports.ts";
import type { AcceptPorts, Submission } from "../../../shared/workflow/accept/accept.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { incident } from "../../plan/planning.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

const id = (number: number) => number.toString(16).padStart(40, "0");

/** A tenant of Windows machines that counts its calls. */
function counting({ ports }: Accepting): { ports: AcceptPorts; calls: () => number } {
  let calls = 0;
  const getMachine: Defender["getMachine"] = async (machineId) => {
    calls += 1;
    return { kind: "answered", value: windows(machineId) };
  };
  return { ports: { ...ports, defender: { ...ports.defender, getMachine } }, calls: () => calls };
}

function windows(machineId: string): Machine {
  return {
    machineId,
    name: "pc-1",
    platform: "windows",
    onboarded: true,
    lastSeenAtMs: null,
    health: null,
    mergedInto: null,
    tags: null,
    group: null,
  };
}

/** Machines without a platform, so that each costs a look-up. */
function unknown(...numbers: readonly number[]): Pick<Submission, "incident"> {
  const machines = numbers.map((number) => ({ machineId: id(number), name: null, platform: null }));
  return { incident: incident({ incidentId: "case", machines }) };
}

const CAPS = { perIncident: 100, perCallerDay: 2, perDay: 100 };

describe("nothing is asked of Defender", () => {
  it.each<[string, Partial<Submission>, string]>([
    ["a profile that there is not", { asked: { profile: "x", parameters: {} } }, "invalid"],
    [
      "a parameter that the profile does not take",
      { asked: { profile: "windows-triage", parameters: { x: "1" } } },
      "invalid",
    ],
    ["profiles that the caller may not use", { mayUse: () => false }, "forbidden"],
  ])("for %s", async (_, submission, kind) => {
    const world = startAccepting();
    const { ports, calls } = counting(world);
    const answer = await world.accept("case", [], { ...unknown(1, 2), ...submission }, ports);
    expect([answer.kind, calls()]).toEqual([kind, 0]);
    expect(world.ledger.rows()).toEqual([]);
  });

  it("for a new incident once the caller's machines of the day are used", async () => {
    const world = startAccepting();
    const { ports, calls } = counting(world);
    await world.accept("first", [8, 9], { caps: CAPS });
    const answer = await world.accept("case", [], { ...unknown(1, 2), caps: CAPS }, ports);
    expect([answer.kind, calls()]).toEqual(["overCap", 0]);
  });
});

describe("a known incident", () => {
  it("is looked at again, although the caller's machines of the day are used", async () => {
    const world = startAccepting();
    const { ports, calls } = counting(world);
    const same = { ...unknown(1, 2), caps: CAPS };
    expect((await world.accept("case", [], same, ports)).kind).toBe("accepted");
    expect((await world.accept("case", [], same, ports)).kind).toBe("accepted");
    expect(calls()).toBe(4);
  });
});

describe("the look-ups of one caller", () => {
  it("end at half of a minute's, and those of another go on", async () => {
    const world = startAccepting();
    const { ports, calls } = counting(world);
    const numbers = Array.from({ length: 40 }, (_, number) => number + 1);
    const send = async (caller: string) =>
      await world.accept("case", [], { ...unknown(...numbers), caller }, ports);
    const kinds = [await send("one"), await send("one"), await send("other")];
    expect(kinds.map(({ kind }) => kind)).toEqual(["accepted", "unavailable", "accepted"]);
    expect(calls()).toBe(40 + 10 + 40);
    expect(world.ports.clock.earliest()).toBe(START_MS);
  });
});

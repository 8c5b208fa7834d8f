import { describe, expect, it } from "vitest";
import { ASKED_KEY } from "../../../shared/ledger/row/keys.ts";
import type { Defender } from "../../../shared/ports.ts";
import type { AcceptPorts, Submission } from "../../../shared/workflow/accept/accept.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { incident } from "../../plan/planning.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { knowingEach, noAnswer } from "../known-machines.ts";

const id = (number: number) => number.toString(16).padStart(40, "0");

/** A tenant of Windows machines that counts its calls. */
function counting({ ports }: Accepting): { ports: AcceptPorts; calls: () => number } {
  let calls = 0;
  const readMachines: Defender["readMachines"] = async (machineIds) => {
    calls += 1;
    return await knowingEach()(machineIds);
  };
  return { ports: { ...ports, defender: { ...ports.defender, readMachines } }, calls: () => calls };
}

/** Machines without a platform, so that they cannot be accepted without a look-up. */
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
    ["profiles that the caller may not use", { whyNotUse: () => "no" }, "forbidden"],
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
    expect(calls()).toBe(2);
  });
});

describe("the look-ups of one caller", () => {
  it("end at half of a minute's, and those of another go on", async () => {
    const world = startAccepting();
    const { ports, calls } = counting(world);
    // Twenty-five calls.
    const numbers = Array.from({ length: 490 }, (_, number) => number + 1);
    const send = async (caller: string) =>
      await world.accept("case", [], { ...unknown(...numbers), caller }, ports);
    const kinds = [await send("one"), await send("one"), await send("one"), await send("other")];
    const kindOf = kinds.map(({ kind }) => kind);
    expect(kindOf).toEqual(["accepted", "accepted", "unavailable", "accepted"]);
    expect(calls()).toBe(25 + 25 + 25);
    expect(world.ports.clock.earliest()).toBe(START_MS);
  });
});

/** Ports through which Defender tells nobody of machines. */
function silent({ ports }: Accepting): AcceptPorts {
  return { ...ports, defender: { ...ports.defender, readMachines: noAnswer } };
}

describe("a request that Defender gives no facts for", () => {
  it("is accepted by the sender's word if that is enough, and its records have no facts", async () => {
    const world = startAccepting();
    const answer = await world.accept("case", [1, 2], {}, silent(world));
    expect(answer.kind).toBe("accepted");
    expect((await world.unfolded()).map(({ machineFacts }) => machineFacts)).toEqual([null, null]);
  });

  it("is refused for now if somebody has to approve it: who approves reads the names", async () => {
    const world = startAccepting({ scope: { tier0: [{ ids: [id(2)] }] } });
    expect((await world.accept("case", [1, 2], {}, silent(world))).kind).toBe("unavailable");
    expect((await world.accept("case", [1], {}, silent(world))).kind).toBe("accepted");
  });

  it("is refused for good if its machines take more calls than one request may make", async () => {
    const world = startAccepting({ limits: { ...someLimits(), readsPerMinute: 6 } });
    const numbers = Array.from({ length: 61 }, (_, number) => number + 1);
    const refused = await world.accept("case", [], unknown(...numbers));
    expect(refused).toMatchObject({
      kind: "tooManyMachines",
      detail: expect.stringContaining("takes 4 calls, and one request may make 3"),
    });
    expect(world.ledger.rows()).toEqual([]);
    expect((await world.accept("case", [], unknown(...numbers.slice(1)))).kind).toBe("accepted");
  });

  it.each([
    ["a machine has no platform", unknown(1), {}],
    ["the scope asks for more than ids", {}, { scope: { deny: [{ tags: ["x"] }] } }],
  ])("is refused for now if %s", async (_, submission, settings) => {
    const world = startAccepting(settings);
    const answer = await world.accept("case", [1], submission, silent(world));
    expect(answer).toMatchObject({
      kind: "unavailable",
      detail: expect.stringContaining("no answer"),
    });
    expect(world.ledger.rows().map(({ key }) => key)).toEqual([ASKED_KEY]);
  });
});

import { describe, expect, it } from "vitest";
import { dryRun } from "../../../shared/workflow/accept/dry-run.ts";
import { ASKED_KEY, runKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import type { AcceptSettings, Submission } from "../../../shared/workflow/accept/answer.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { catalogue, incident } from "../../plan/planning.ts";
import { shippedRouting } from "../../plan/shipped.ts";
import { startAccepting } from "../accepting.ts";
import { knowingEach } from "../known-machines.ts";
import { pause } from "../../../shared/workflow/operate/pause.ts";

const SETTINGS: AcceptSettings = {
  limits: someLimits(),
  expiryMs: 3_600_000,
  catalogue,
  routing: shippedRouting(),
  scope: {},
  policy: null,
  approvalMs: 60_000,
};
const idOf = (number: number) => number.toString(16).padStart(40, "0");

function start(over: Partial<AcceptSettings> = {}) {
  const accepting = startAccepting(over);
  const facts = { name: "pc-1.contoso.example", tags: ["vip"], group: "Workstations" };
  const defender = { ...accepting.ports.defender, readMachines: knowingEach(facts) };
  const ports = { ...accepting.ports, defender };
  const dry = async (numbers: readonly number[], submission: Partial<Submission> = {}) => {
    const machines = numbers.map((number) => {
      return { machineId: idOf(number), name: null, platform: "windows" as const };
    });
    return await dryRun(
      ports,
      { ...SETTINGS, ...over },
      {
        incident: incident({ incidentId: "1", machines }),
        caller: "soar",
        team: "soar",
        asked: { profile: null, parameters: {} },
        idempotencyKey: "key",
        requestHash: "1",
        signedAtSeconds: null,
        objectId: null,
        caps: null,
        callbacks: [],
        again: false,
        whyNotUse: () => null,
        ...submission,
      },
    );
  };
  const planned = async (...asked: Parameters<typeof dry>) => {
    const came = await dry(...asked);
    if (came.kind !== "dryRun") throw new Error(`it is ${came.kind}`);
    return came;
  };
  const stored = () => accepting.ledger.rows().filter(({ key }) => key !== ASKED_KEY);
  const accept = async (...asked: Parameters<typeof accepting.accept>) =>
    await accepting.accept(...asked);
  const { ledger } = accepting;
  return { ledger, ports, accept, dry, planned, stored };
}

describe("a dry run", () => {
  it("stores nothing but what asking Defender costs, whether the incident is new or not", async () => {
    const { planned, stored, ledger, accept } = start();
    await planned([1, 2]);
    expect(stored()).toEqual([]);
    expect(await ledger.read(ASKED_KEY)).not.toBeNull();
    await accept("1", [1]);
    const before = stored();
    await planned([1, 2, 3]);
    expect(stored()).toEqual(before);
  });

  it("shows each machine as Defender has it, with the commands it would get", async () => {
    const { machines, commands, calls, skipped } = await start().planned([1]);
    const [machine] = machines;
    expect(machine).toMatchObject({
      machineId: idOf(1),
      machineName: "pc-1.contoso.example",
      machineFacts: { platform: "windows", tags: ["vip"], group: "Workstations" },
      sequenceId: null,
      state: null,
    });
    const profile = catalogue.get(machine?.profile.name ?? "")?.profile;
    expect(machine?.commands.map(({ type }) => type)).toEqual(
      profile?.commands.map(({ type }) => type),
    );
    expect([commands, calls, skipped]).toEqual([profile?.commands.length, 1, []]);
  });

  it("counts only what would be new, and names the sequence of what was collected before", async () => {
    const { planned, accept } = start();
    const came = await accept("1", [1]);
    if (came.kind !== "accepted") throw new Error("it was not accepted");
    const { machines, calls, runId } = await planned([1, 2]);
    expect(runId).toBe(came.run.runId);
    const [old, fresh] = machines;
    expect(old).toMatchObject({ sequenceId: came.sequences[0]?.sequenceId, state: "waiting" });
    expect([fresh?.sequenceId, calls]).toEqual([null, 1]);
    expect(await planned([1, 2], { again: true })).toMatchObject({ runId: null, calls: 2 });
  });

  it("says when it would be done, later behind a longer queue, and not during a pause", async () => {
    const { planned, accept, ports } = start();
    const few = (await planned([1])).estimatedMinutes ?? 0;
    expect(few).toBeGreaterThan(0);
    for (const at of [1, 2, 3, 4, 5, 6]) {
      await accept(
        `before ${at}`,
        [1, 2, 3, 4].map((each) => 100 * at + each),
      );
    }
    expect((await planned([1])).estimatedMinutes).toBeGreaterThan(few);
    await pause(ports, { by: "op", why: "a test" });
    expect((await planned([1])).estimatedMinutes).toBeNull();
  });

  it("says which caps it would meet, as the request itself would be told", async () => {
    const { planned, accept, dry } = start();
    const caps = { perIncident: 2, perCallerDay: 4, perDay: 100 };
    expect((await planned([1, 2], { caps })).refused).toEqual([]);
    const [tooMany] = (await planned([1, 2, 3], { caps })).refused;
    expect(tooMany).toMatchObject({ type: "too-many-machines" });
    await accept("another", [7, 8], { caps });
    await accept("a third", [9], { caps });
    const [over] = (await planned([1, 2], { caps })).refused;
    expect(over).toMatchObject({ type: "over-cap" });
    await accept("a fourth", [10], { caps });
    expect(await dry([1], { caps })).toMatchObject({ kind: "overCap" });
  });

  it("says what would have to be approved, and what the scope leaves out", async () => {
    const tier0 = start({ scope: { tier0: [{ ids: [idOf(2)] }], deny: [{ ids: [idOf(3)] }] } });
    const { approval, machines, skipped } = await tier0.planned([1, 2, 3]);
    expect(approval).toEqual({ needed: 1, sequences: 1 });
    expect(machines.map(({ approvals }) => approvals)).toEqual([0, 1]);
    expect(skipped).toHaveLength(1);
    expect((await start().planned([1])).approval).toBeNull();
  });

  it("is refused like the request itself", async () => {
    const { dry } = start();
    const no = { whyNotUse: () => "the caller may not" };
    expect(await dry([1], no)).toMatchObject({ kind: "forbidden" });
    expect(await dry([], {})).toMatchObject({ kind: "nothingToDo" });
    const asked = { profile: "no-such-profile", parameters: {} };
    expect(await dry([1], { asked })).toMatchObject({ kind: "invalid" });
  });

  it("does not see the run of another team", async () => {
    const { planned, accept, ledger } = start();
    const came = await accept("1", [1], { team: "red" });
    if (came.kind !== "accepted") throw new Error("it was not accepted");
    expect(runSchema.parse((await ledger.read(runKey(came.run.runId)))?.body).team).toBe("red");
    expect(await planned([1], { team: "blue" })).toMatchObject({ runId: null, calls: 1 });
  });
});

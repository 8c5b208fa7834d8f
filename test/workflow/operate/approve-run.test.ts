import { reading } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import type { Known } from "../../../shared/access/authenticate.ts";
import type { MachineScope } from "../../../shared/access/machine-scope.ts";
import { runKey, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { sequenceSchema, type SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { approveRun, type Approved } from "../../../shared/workflow/operate/approve-run.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { runIdOf } from "../../../shared/plan/identity.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { interrupted } from "../interrupting.ts";

const limits = someLimits();
const HOUR_MS = 3_600_000;
const TIER0: MachineScope = { tier0: [{ ids: ["1".padStart(40, "0")] }] };
const names = ["soar", "lead", "chief"];
const callers = callersOf(
  names.map((name) => ({ name, key: keyHash(name), may: ["run.approve"], team: "soar" })),
);

function known(name: string, more: Partial<Known> = {}): Known {
  const caller = callers.find((each) => each.name === name);
  if (caller === undefined) throw new Error(`nobody is called ${name}`);
  const by = { scheme: "key", signed: null, objectId: null, isPerson: false } as const;
  return { kind: "caller", caller, ...by, ...more };
}

function records({ ledger }: Accepting): SequenceRecord[] {
  const rows = ledger.rows().filter(({ key }) => key.startsWith(sequenceKey("")));
  return rows.map(({ body }) => sequenceSchema.parse(body));
}

const states = (world: Accepting) =>
  records(world).map(({ state, reason, place }) => reason?.code ?? place?.kind ?? state);

/** A run of machines 0 to `count`, of which number 1 is tier 0. */
async function begun(count = 3) {
  const world = startAccepting({ scope: TIER0 });
  const send = async (machines: number) =>
    await world.accept(
      "case",
      Array.from({ length: machines }, (_, index) => index),
    );
  const accepted = await send(count);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  const { runId } = accepted.run;
  const shown = async () => {
    const view = await describeRun(world.ports, limits, runId, reading(callers));
    return view?.approval ?? null;
  };
  const approving = async (who: Known, planHash: string): Promise<Approved> => {
    const rawBody = Buffer.from(JSON.stringify({ planHash }));
    return await approveRun(world.ports, limits, { runId, who, rawBody });
  };
  return { world, runId, send, shown, approving };
}

describe("a run with a tier 0 machine", () => {
  it("starts the others, and that one once somebody else has approved it", async () => {
    const { world, shown, approving } = await begun();
    expect(states(world).toSorted()).toEqual(["approval", "ready", "ready"]);
    const plan = await shown();
    expect(plan).toMatchObject({ sequences: 1, needed: 1, mayApprove: ["lead", "chief"] });
    const hash = plan?.planHash ?? "";
    expect((await approving(known("soar"), hash)).kind).toBe("forbidden");
    expect((await approving(known("lead"), "0".repeat(64))).kind).toBe("refused");
    expect((await approving(known("lead"), "no hash")).kind).toBe("badBody");
    expect(states(world)).toContain("approval");
    expect((await approving(known("lead"), hash)).kind).toBe("approved");
    expect(states(world)).toEqual(["ready", "ready", "ready"]);
    expect(records(world).map(({ approvals }) => approvals.by)).toContainEqual(["lead"]);
    expect((await approving(known("chief"), hash)).kind).toBe("refused");
    expect(await shown()).toBeNull();
  });

  it("is approved once, by whoever is first of two at once", async () => {
    const { world, shown, approving } = await begun();
    const hash = (await shown())?.planHash ?? "";
    const both = await Promise.all(["lead", "chief"].map((name) => approving(known(name), hash)));
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["approved", "refused"]);
    expect(states(world)).toEqual(["ready", "ready", "ready"]);
  });

  it("goes when it was approved in time, though whoever took the last approval died of it", async () => {
    const { world, shown, runId } = await begun();
    const rawBody = Buffer.from(JSON.stringify({ planHash: (await shown())?.planHash }));
    const dying = { ...world.ports, ledger: dyingAfterCommit(world) };
    const approving = approveRun(dying, limits, { runId, who: known("lead"), rawBody });
    await expect(approving).rejects.toThrow("it died");
    expect(states(world)).toContain("approval");
    world.pass(HOUR_MS);
    await poll({ ...world.ports, defender: silent(world) }, limits, "poller");
    expect(states(world)).toEqual(["ready", "ready", "ready"]);
  });

  it("is not run when nobody approves it in time, and its run is over without it", async () => {
    const { world, shown, approving } = await begun();
    const hash = (await shown())?.planHash ?? "";
    world.pass(HOUR_MS);
    expect((await approving(known("lead"), hash)).kind).toBe("refused");
    await poll({ ...world.ports, defender: silent(world) }, limits, "poller");
    const expired = records(world).filter(({ state }) => state === "expired");
    expect(expired.map(({ outcome }) => outcome?.code)).toEqual(["approvalExpired"]);
  });
});

describe("a run that grows while it waits to be approved", () => {
  const MINUTE_MS = 60_000;

  it("shows one deadline, and nothing of it ends before", async () => {
    const { world, accept, shown, poll } = await growing();
    await accept([1]);
    world.pass(50 * MINUTE_MS);
    await accept([1, 2]);
    const untilMs = START_MS + 110 * MINUTE_MS;
    expect((await shown())?.expiresAt).toBe(new Date(untilMs).toISOString());
    // The first of them was given an hour, and that is over.
    world.pass(15 * MINUTE_MS);
    await poll();
    expect(records(world).map(({ place }) => place)).toEqual(
      [0, 1].map(() => ({ kind: "later", dueAtMs: untilMs })),
    );
    world.pass(45 * MINUTE_MS - 1);
    await poll();
    expect(states(world)).toEqual(["approval", "approval"]);
    world.pass(1);
    await poll();
    const codes = records(world).map(({ outcome }) => outcome?.code);
    expect(codes).toEqual(["approvalExpired", "approvalExpired"]);
    expect(await shown()).toBeNull();
  });

  it("shows the expiry of the first of them if that comes before, and then what is left", async () => {
    const { world, accept, shown, approve, poll } = await growing({ expiryMs: 70 * MINUTE_MS });
    await accept([1]);
    world.pass(50 * MINUTE_MS);
    await accept([1, 2]);
    const both = await shown();
    expect(both?.expiresAt).toBe(new Date(START_MS + 70 * MINUTE_MS).toISOString());
    world.pass(20 * MINUTE_MS);
    expect((await approve(both?.planHash)).kind).toBe("refused");
    await poll();
    expect(states(world).toSorted()).toEqual(["approval", "expired"]);
    const left = await shown();
    expect(left).toMatchObject({ sequences: 1 });
    expect(left?.expiresAt).toBe(new Date(START_MS + 110 * MINUTE_MS).toISOString());
    expect((await approve(both?.planHash)).kind).toBe("refused");
    expect((await approve(left?.planHash)).kind).toBe("approved");
    expect(states(world).toSorted()).toEqual(["expired", "ready"]);
  });

  it("ends nothing that is given more time while the poll is about to end it", async () => {
    const { world, accept, runId, poll } = await growing();
    await accept([1]);
    world.pass(HOUR_MS);
    const grown = async () => void (await accept([1, 2]));
    await poll(interrupted(world.ports.ledger, runKey(runId), grown));
    expect(states(world)).toEqual(["approval", "approval"]);
  });

  it("keeps what was approved, though nobody has moved it yet", async () => {
    const { world, accept, runId, shown } = await growing();
    await accept([1]);
    const rawBody = Buffer.from(JSON.stringify({ planHash: (await shown())?.planHash }));
    const dying = { ...world.ports, ledger: dyingAfterCommit(world) };
    const approving = approveRun(dying, limits, { runId, who: known("lead"), rawBody });
    await expect(approving).rejects.toThrow("it died");
    await accept([1, 2]);
    expect(states(world).toSorted()).toEqual(["approval", "ready"]);
    expect(await shown()).toMatchObject({ sequences: 1, given: [] });
  });
});

/** A run whose machines all have to be approved, within an hour. */
async function growing(settings: { expiryMs?: number } = {}) {
  const ids = [1, 2].map((number) => `${number}`.padStart(40, "0"));
  const world = startAccepting({ scope: { tier0: [{ ids }] }, ...settings });
  const accept = async (machines: number[]) => {
    const requestHash = machines.join();
    const came = await world.accept("case", machines, { requestHash });
    if (came.kind !== "accepted") throw new Error(came.kind);
    return came.run.runId;
  };
  const runId = runIdOf({ source: "sentinel", incidentId: "case", again: null, team: null });
  const shown = async () =>
    (await describeRun(world.ports, limits, runId, reading(callers)))?.approval ?? null;
  const approve = async (planHash = "") => {
    const rawBody = Buffer.from(JSON.stringify({ planHash }));
    return await approveRun(world.ports, limits, { runId, who: known("lead"), rawBody });
  };
  const polling = async (ledger = world.ports.ledger) =>
    void (await poll({ ...world.ports, ledger, defender: silent(world) }, limits, "poller"));
  return { world, accept, runId, shown, approve, poll: polling };
}

/** The ledger as a host has it that dies as soon as it has written once. */
function dyingAfterCommit({ ports }: Accepting): Accepting["ports"]["ledger"] {
  let commits = 0;
  return {
    ...ports.ledger,
    commit: async (changes) => {
      commits += 1;
      if (commits > 1) throw new Error("it died");
      return await ports.ledger.commit(changes);
    },
  };
}

async function away(): Promise<{ kind: "unavailable"; detail: string }> {
  return { kind: "unavailable", detail: "away" };
}

/** Defender, out of reach. */
function silent({ ports }: Accepting) {
  return { ...ports.defender, listActions: away, listPending: away, machinesSeenSince: away };
}

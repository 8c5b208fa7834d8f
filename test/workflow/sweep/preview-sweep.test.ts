import { describe, expect, it } from "vitest";
import type { SweepPorts } from "../../../shared/workflow/sweep/ports.ts";
import { previewSweep, type SweepPreview } from "../../../shared/workflow/sweep/preview-sweep.ts";
import { DEFINITION, idOf, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const WITHIN = { ...DEFINITION, targets: { ...DEFINITION.targets, notCollectedWithin: "7d" } };
const HOUR_MS = 60 * MINUTE_MS;

describe("a preview", () => {
  it("counts who was reached lately by themselves, and asks the others, as the round does", async () => {
    const sweeping = startSweeping(30);
    await sweeping.apply(WITHIN);
    await aWholeRound(sweeping);
    for (let number = 31; number <= 50; number += 1) oneMore(sweeping, number);
    const seen = await previewed(sweeping);
    expect(seen).toMatchObject({ machines: 50, asked: 20, recent: 30, leftOut: 0, awake: 20 });
    await sweeping.start();
    await sweeping.ticks(3);
    expect((await sweeping.round(2)).counts.targeted).toBe(20);
  });

  it("asks them again when that time is over", async () => {
    const sweeping = startSweeping(30);
    await sweeping.apply(WITHIN);
    await aWholeRound(sweeping);
    sweeping.pass(8 * 24 * HOUR_MS);
    expect(await previewed(sweeping)).toMatchObject({ asked: 30, recent: 0 });
  });

  it("says all of what a round with a limit would ask, and its places go to who can be asked", async () => {
    const sweeping = startSweeping(40);
    for (let number = 1; number <= 10; number += 1) change(sweeping, number, { platform: "linux" });
    change(sweeping, 11, { lastSeenAtMs: 0 });
    await sweeping.apply({ ...DEFINITION, limit: 12 });
    const seen = await previewed(sweeping);
    expect(seen).toMatchObject({ machines: 40, platforms: { linux: 10, windows: 30 } });
    expect(seen).toMatchObject({ asked: 12, recent: 0, leftOut: 10, beyondLimit: 18 });
    expect(seen).toMatchObject({ awake: 11, needApproval: 0, calls: 11, sessions: 11 });
    await sweeping.start();
    await sweeping.ticks(5);
    const { counts } = await sweeping.round();
    expect([counts.targeted, counts.held]).toEqual([seen.asked, seen.asked - seen.awake]);
  });

  it("waits for the window, and says so", async () => {
    const sweeping = startSweeping(30);
    const { estimatedMinutes } = await previewOf(sweeping, DEFINITION);
    const opensMs = sweeping.nowMs() + 10 * HOUR_MS;
    const window = { ...hoursFrom(opensMs, 2), zone: "UTC" };
    const seen = await previewOf(sweeping, { ...DEFINITION, window });
    expect(seen.opensAt).toBe(new Date(Math.floor(opensMs / HOUR_MS) * HOUR_MS).toISOString());
    expect(seen.estimatedMinutes).toBeGreaterThan(estimatedMinutes + 9 * 60);
    const open = { ...hoursFrom(sweeping.nowMs(), 2), zone: "UTC" };
    expect(await previewOf(sweeping, { ...DEFINITION, window: open })).toMatchObject({
      opensAt: null,
      estimatedMinutes,
      expiresFirst: false,
    });
  });

  it("says if the round expires before it has reached all", async () => {
    const sweeping = startSweeping(100);
    const { estimatedMinutes } = await previewOf(sweeping, DEFINITION);
    const [before, after] = [estimatedMinutes - 1, estimatedMinutes + 1].map((each) => `${each}m`);
    expect((await previewOf(sweeping, { ...DEFINITION, expires: before })).expiresFirst).toBe(true);
    expect((await previewOf(sweeping, { ...DEFINITION, expires: after })).expiresFirst).toBe(false);
  });

  it("says what a query came to, and nothing of it without one", async () => {
    const sweeping = startSweeping(30);
    sweeping.hunts.odd = 4;
    sweeping.hunts.gone.push("gone-1", "gone-2");
    const targets = { query: "DeviceInfo | distinct DeviceId" };
    expect(await previewOf(sweeping, { ...DEFINITION, targets })).toMatchObject({
      machines: 30,
      query: { named: 32, odd: 4, notListed: 2 },
    });
    expect(await previewOf(sweeping, DEFINITION)).toMatchObject({ machines: 30, query: null });
  });
});

describe("a preview of more machines than can be looked at", () => {
  it("looks at as many as 160,000 are, and leaves a fifth of the calls to incidents", async () => {
    const sweeping = startSweeping(1_000);
    // Ten machines a page here; Defender gives 2,000.
    const seen = await previewOf(sweeping, DEFINITION);
    expect(seen).toMatchObject({ machines: 800, looked: 800, complete: false });
    expect(seen.why).toMatchObject({ code: "token", detail: expect.stringContaining("used up") });
    expect(sweeping.lists.count).toBe(80);
  });

  it("is unavailable while there are calls for no page at all", async () => {
    const sweeping = startSweeping(1_000);
    await previewOf(sweeping, DEFINITION);
    const again = await previewSweep(sweeping.ports, sweeping.settings, await sweeping.sweep());
    expect(again).toMatchObject({
      kind: "unavailable",
      detail: expect.stringContaining("used up"),
    });
    sweeping.pass(2 * MINUTE_MS);
    expect(await previewed(sweeping)).toMatchObject({ looked: 800 });
  });

  it("answers with what it has after a minute and a half", async () => {
    const sweeping = startSweeping(1_000);
    const slow = listing(sweeping, async (after, list) => {
      sweeping.pass(4_000);
      return await list(after);
    });
    await sweeping.apply();
    expect(await previewed(sweeping, slow)).toMatchObject({
      looked: 230,
      complete: false,
      why: { code: "time" },
    });
  });

  it("answers with what it has if Defender gives no further page", async () => {
    const sweeping = startSweeping(100);
    const broken = listing(sweeping, async (after, list) =>
      after === "50" ? { kind: "unavailable", detail: "It is down." } : await list(after),
    );
    const targets = { query: "DeviceInfo | distinct DeviceId" };
    await sweeping.apply({ ...DEFINITION, targets });
    expect(await previewed(sweeping, broken)).toMatchObject({
      machines: 50,
      looked: 50,
      complete: false,
      why: { code: "machinesUnknown", detail: expect.stringContaining("It is down.") },
      query: { named: 100, notListed: null },
    });
  });
});

async function previewOf(sweeping: Sweeping, definition: object): Promise<SweepPreview> {
  await sweeping.apply(definition);
  return await previewed(sweeping);
}

async function previewed(sweeping: Sweeping, ports = sweeping.ports): Promise<SweepPreview> {
  const came = await previewSweep(ports, sweeping.settings, await sweeping.sweep());
  if (came.kind !== "previewed") throw new Error(came.detail);
  return came.preview;
}

/** Sends and reaches all machines there are. */
async function aWholeRound(sweeping: Sweeping): Promise<void> {
  await sweeping.start();
  for (let minute = 0; minute < 60; minute += 1) {
    await sweeping.ticks(1);
    await sweeping.endAll();
    if ((await sweeping.round()).state === "ended") return;
  }
  throw new Error("the round does not end");
}

function change({ machines }: Sweeping, number: number, to: object): void {
  const before = machines.get(idOf(number));
  if (before === undefined) throw new Error(`no machine ${number}`);
  machines.set(idOf(number), { ...before, ...to });
}

function oneMore(sweeping: Sweeping, number: number): void {
  const first = sweeping.machines.get(idOf(1));
  if (first === undefined) throw new Error("no machine");
  const other = { ...first, machineId: idOf(number), lastSeenAtMs: sweeping.nowMs() };
  sweeping.machines.set(idOf(number), other);
}

type List = SweepPorts["defender"]["listMachines"];

/** The ports of a Defender whose list is asked through `through`. */
function listing(
  { ports }: Sweeping,
  through: (after: string | null, list: List) => ReturnType<List>,
): SweepPorts {
  const { defender } = ports;
  const list: List = async (after) => await defender.listMachines(after);
  const listMachines: List = async (after) => await through(after, list);
  return { ...ports, defender: { ...defender, listMachines } };
}

/** The hours of a window in UTC, from the full hour on. */
function hoursFrom(atMs: number, hours: number): { from: string; to: string } {
  return { from: fullHour(atMs), to: fullHour(atMs + hours * HOUR_MS) };
}

function fullHour(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 13)}:00`;
}

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runKey, sequenceKey, sealsOf } from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Ports } from "../../shared/ports.ts";
import { loadRun } from "../../shared/store/load.ts";
import { sealRun } from "../../shared/store/seal-run.ts";
import { readSeals } from "../../shared/workflow/view/read-seals.ts";
import { aRun } from "../ledger/a-run.ts";
import { anOwing, RUN_ID, START_MS } from "../ledger/a-sequence.ts";
import { openCollecting, type Collecting } from "../workflow/collecting.ts";

/** A statement about so many sequences of so many commands has more than a transaction takes. */
const SEQUENCES = 1_200;
const COMMANDS = 30;
const PER_COMMIT = 99;
const SCRIPT = { type: "RunScript", scriptName: "a.ps1", args: null } as const;

/** A finished run whose seal no transaction takes. */
async function largeRun(): Promise<Collecting> {
  const collecting = await openCollecting([{ type: "RunScript", fileName: null, chunks: [] }]);
  const { ledger } = collecting;
  const [, ...machines] = Array.from({ length: SEQUENCES }, (_, number) => number);
  const commands = Array.from({ length: COMMANDS }, () => SCRIPT);
  const template = { ...anOwing(commands), state: "failed", place: null } as const;
  for (let from = 0; from < machines.length; from += PER_COMMIT) {
    const some = machines.slice(from, from + PER_COMMIT);
    await ledger.commit(
      some.map((number): RowChange => {
        const sequenceId = `${RUN_ID}.${number.toString(16).padStart(12, "0")}`;
        const body = { ...template, sequenceId, machineId: number.toString(16).padStart(40, "0") };
        return { op: "insert", key: sequenceKey(sequenceId), body };
      }),
    );
  }
  const body = aRun({ accepted: SEQUENCES, open: 0, finishedAtMs: START_MS });
  await ledger.commit([{ op: "replace", key: runKey(RUN_ID), body, etag: "*" }]);
  return collecting;
}

/** Ports of a host that does `meanwhile` before the commit of this number. */
function interrupted(collecting: Collecting, nth: number, meanwhile: () => Promise<void>): Ports {
  let commits = 0;
  return collecting.ports(({ ledger, ...others }) => ({
    ...others,
    ledger: {
      ...ledger,
      commit: async (changes) => {
        commits += 1;
        if (commits === nth) await meanwhile();
        return await ledger.commit(changes);
      },
    },
  }));
}

const pieces = async ({ ledger }: Collecting) => {
  const { from, before } = sealsOf(RUN_ID);
  return (await ledger.list(from, before, 1_000)).map(({ key }) => key.split("!")[3] ?? "");
};

async function shown(collecting: Collecting) {
  const seals = await readSeals(collecting.ports(), RUN_ID);
  const [{ text, hash, number } = { text: "", hash: "", number: 0 }] = seals?.seals ?? [];
  expect(createHash("sha256").update(text).digest("hex")).toBe(hash);
  const run = (await loadRun(collecting.ledger, RUN_ID))?.value;
  expect([run?.seal?.hash, run?.seal?.number]).toEqual([hash, number]);
  return { ...seals, statement: JSON.parse(text) };
}

describe("the seal of a run that no transaction takes", () => {
  it("is written in several, and names every sequence", async () => {
    const collecting = await largeRun();
    await sealRun(collecting.ports(), RUN_ID);
    const { seals, unsealed, statement } = await shown(collecting);
    expect([seals?.length, unsealed]).toEqual([1, null]);
    expect(statement).toMatchObject({ seal: { number: 1 }, accepted: SEQUENCES });
    expect(statement.sequences).toHaveLength(SEQUENCES);
  });

  it("is only the text that the run names: what others left is not shown", async () => {
    const collecting = await largeRun();
    const dying = interrupted(collecting, 3, async () => await Promise.reject(new Error("killed")));
    await expect(sealRun(dying, RUN_ID)).rejects.toThrow("killed");
    const left = await pieces(collecting);
    expect(left.length).toBeGreaterThan(0);
    await collecting.advance(1_000);
    // The run changes while the pieces are written.
    const changed = interrupted(collecting, 3, async () => {
      const row = await collecting.ledger.read(runKey(RUN_ID));
      const body = { ...Object(row?.body), callbacks: [] };
      await collecting.ledger.commit([{ op: "replace", key: runKey(RUN_ID), body, etag: "*" }]);
      await collecting.advance(1_000);
    });
    await sealRun(changed, RUN_ID);
    expect(new Set((await pieces(collecting)).map((each) => each.split(".")[0])).size).toBe(3);
    const { seals, statement } = await shown(collecting);
    expect(seals).toHaveLength(1);
    expect(statement.sequences).toHaveLength(SEQUENCES);
  });
});

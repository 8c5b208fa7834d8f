import { describe, expect, it } from "vitest";
import { laneIn, LATER, READY } from "../../../shared/ledger/row/keys.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { readOutstanding } from "../../../shared/store/outstanding.ts";
import { releaseSeen } from "../../../shared/workflow/poll/release-seen.ts";
import { aSequence, HOUR_MS, MACHINE_ID, RUN_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const OFFLINE = { code: "offline", sinceMs: START_MS, times: 1 } as const;

/** A sequence that waits until later, for the reason told. */
function parked(number: number, reason: SequenceRecord["reason"]): SequenceRecord {
  return aSequence({
    sequenceId: `${RUN_ID}.mnpqrstvwxy${number}`,
    machineId: number === 0 ? MACHINE_ID : String(number).padStart(40, "0"),
    place: { kind: "later", dueAtMs: START_MS + HOUR_MS },
    reason,
    offlineTimes: 1,
  });
}

/** The ledger after Defender was asked which machines have reported, and had these to tell. */
async function afterRelease(records: readonly SequenceRecord[], seen: readonly string[]) {
  const { ledger, ports } = startAccepting();
  await ledger.commit(records.flatMap(insertion));
  const machinesSeenSince = async () => ({ kind: "answered", value: seen }) as const;
  const defender = { ...ports.defender, machinesSeenSince };
  const outstanding = await readOutstanding(ledger);
  const released = await releaseSeen({ ...ports, defender }, someLimits(), outstanding);
  const ready = await ledger.list(READY.from, READY.before, 10);
  const later = await ledger.list(LATER.from, LATER.before, 10);
  return { released, lanes: ready.map(({ key }) => laneIn(key)), later: later.length };
}

describe("a machine that has reported", () => {
  it("brings its sequence back into the lane it is of, and not among the retries", async () => {
    const came = await afterRelease([parked(0, OFFLINE), parked(1, OFFLINE)], [MACHINE_ID]);
    expect(came).toEqual({ released: 1, lanes: [1], later: 1 });
  });

  it("changes nothing for a sequence that waits for something else", async () => {
    const busy = { code: "machineBusy", sinceMs: START_MS, times: 1 } as const;
    const came = await afterRelease([parked(0, busy)], [MACHINE_ID]);
    expect(came).toEqual({ released: 0, lanes: [], later: 1 });
  });
});

import { PLATFORMS } from "../../../shared/incident/incident.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { move } from "../../../shared/ledger/sequence/rows.ts";
import type { Defender, Reply } from "../../../shared/ports.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { drain } from "../../../shared/workflow/submit/drain.ts";
import { HOUR_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

const LIMITS = someLimits();
const SETTINGS = {
  limits: LIMITS,
  lingerMs: 0,
  scope: {},
  factsAgeMs: 600_000,
  library: null,
  platformsOf: () => PLATFORMS,
  watch: async () => {},
} as const;
const REPAIR = { why: "repair", runId: null, urgent: false } as const;

const forbidden = async (): Promise<Reply<never>> => ({
  kind: "refused",
  httpStatus: 403,
  code: "Forbidden",
  detail: "HTTP 403 Forbidden",
});
export const answered = async (): Promise<Reply<null>> => ({ kind: "answered", value: null });

/** Defender gives a token, and no list. */
export const BLIND = { prepare: answered, listActions: forbidden, listPending: forbidden };

/** An app whose Defender answers like this; its timers tick once an hour. */
export function startHours(defender: Partial<Defender>) {
  const world = startAccepting();
  const ports = { ...world.ports, defender: { ...world.ports.defender, ...defender } };
  return {
    ...world,
    ports,
    hours: async (count: number) => {
      for (let hour = 0; hour < count; hour += 1) {
        world.pass(HOUR_MS);
        await poll(ports, LIMITS, "p");
        await drain(ports, SETTINGS, REPAIR);
      }
    },
  };
}

/** One of the sequences as it might stand by now; gives it. */
export async function changed(
  { ledger }: Accepting,
  sequenceId: string,
  change: Partial<SequenceRecord>,
): Promise<SequenceRecord> {
  const before = await loadSequence(ledger, sequenceId);
  if (before === null) throw new Error(`there is no ${sequenceId}`);
  const after = { ...before.value, ...change };
  await ledger.commit(move(before, after));
  return after;
}

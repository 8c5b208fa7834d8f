import type { MachineScope } from "../../shared/access/machine-scope.ts";
import type { SubmissionAnswer } from "../../shared/ledger/sequence/submission.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { Log } from "../../shared/ports.ts";
import { drain, type DrainPorts } from "../../shared/workflow/submit/drain.ts";
import { FACTS_AGE_MS } from "../../shared/workflow/submit/lacks-facts.ts";
import type { Accepting } from "./accepting.ts";

const BELL = { why: "accepted", runId: null, urgent: false } as const;

interface Line {
  readonly level: Parameters<Log>[0];
  readonly event: string;
  readonly fields: Parameters<Log>[2];
}

/** A drain whose POSTs are answered like this. */
export async function drained(
  world: Accepting,
  limits: Limits,
  submit: (leaveWithinMs: () => number) => Promise<SubmissionAnswer>,
  scope: MachineScope = {},
) {
  let posts = 0;
  const log: Line[] = [];
  const { defender } = world.ports;
  const ports: DrainPorts = {
    ...world.ports,
    log: (level, event, fields) => void log.push({ level, event, fields }),
    defender: {
      ...defender,
      prepare: async () => ({ kind: "answered", value: null }),
      submit: async (_, __, ___, leaveWithinMs) => {
        posts += 1;
        return await submit(leaveWithinMs);
      },
    },
  };
  const { ended } = await drain(
    ports,
    {
      limits,
      lingerMs: 0,
      scope,
      factsAgeMs: FACTS_AGE_MS,
      library: null,
      platformsOf: () => ["windows"],
      watch: async () => {},
    },
    BELL,
  );
  return { posts, ended, log, records: await world.unfolded() };
}

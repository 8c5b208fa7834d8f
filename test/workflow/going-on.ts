import { createMemoryRows } from "../../local/memory/rows.ts";
import { noPoison } from "../../local/memory/no-poison.ts";
import { PLATFORMS } from "../../shared/incident/incident.ts";
import { ofEveryTeam, reading } from "../access/reaching.ts";
import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import { runKey, sequenceKey } from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import {
  currentCommands,
  sequenceSchema,
  type SequenceRecord,
} from "../../shared/ledger/sequence/sequence.ts";
import type { LibraryRules } from "../../shared/limits/library/rules.ts";
import type { Defender, Ledger, Ports } from "../../shared/ports.ts";
import type { AcceptPorts, Submission } from "../../shared/workflow/accept/accept.ts";
import { collect } from "../../shared/workflow/collect/collect.ts";
import { poll } from "../../shared/workflow/poll/poll.ts";
import { drain } from "../../shared/workflow/submit/drain.ts";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import { describeStatus } from "../../shared/workflow/view/describe-status.ts";
import { parametersOf } from "../../shared/plan/command/command.ts";
import { anActionOf, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "./accepting.ts";

/** An app that goes on with its work, on a ledger in memory that a test may tamper with. */
export type GoingOn = ReturnType<typeof startGoingOn>;

const DONE = { status: "Completed", startedAtMs: 1, endedAtMs: 2, errors: [] };

type GoingOnPorts = Omit<Ports, "evidence" | "rows" | "callbacks"> &
  Pick<AcceptPorts, "lookUpPayments">;

/** When it begins, and what lies between the app and its ledger. */
interface Options {
  readonly startMs?: number;
  readonly ledger?: (ledger: Ledger) => Ledger;
  /** What may be run from the library, and how Defender lists it. */
  readonly library?: LibraryRules | null;
  readonly listLibrary?: Defender["listLibrary"];
}

/**
 * Every action succeeds at once, those of before it began included, and its results are never to be
 * had.
 */
export function startGoingOn({
  startMs = START_MS,
  ledger: between = (it) => it,
  library = null,
  listLibrary,
}: Options = {}) {
  const world = startAccepting();
  const limits = someLimits();
  const { ledger } = world;
  world.pass(startMs - START_MS);
  const logged: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const actions: MachineAction[] = [];
  const ports: GoingOnPorts = {
    ...world.ports,
    poison: noPoison,
    ledger: between(ledger),
    defender: {
      ...world.ports.defender,
      ...succeeding(actions, () => world.ports.clock.earliest()),
      ...(listLibrary === undefined ? null : { listLibrary }),
    },
    log: (_, event, fields = {}) => void logged.push({ event, fields }),
  };
  const write = async (changes: readonly RowChange[]) => {
    const outcome = await ledger.commit(changes);
    if (outcome.kind !== "committed") throw new Error("the ledger did not take it");
  };
  return {
    ledger,
    ports,
    limits,
    logged,
    pass: (ms: number) => {
      world.pass(ms);
    },
    /** Lets Defender know the actions of the sequences that stand as submitted. */
    knowActions: () => {
      const rows = ledger.rows().filter(({ key }) => key.startsWith(sequenceKey("")));
      for (const { body } of rows) {
        const record = sequenceSchema.parse(body);
        if (record.state !== "submitted") continue;
        const done = currentCommands(record).map(() => "completed" as const);
        actions.push(anActionOf(record, "Succeeded", done));
      }
    },
    /** The ids of the machines that got a POST. */
    posted: () => actions.map(({ machineId }) => machineId),
    accept: async (incidentId: string, machines: readonly number[], also?: Partial<Submission>) => {
      const answer = await world.accept(incidentId, machines, also);
      if (answer.kind !== "accepted") throw new Error(answer.kind);
      return answer.run.runId;
    },
    /** The same as `accept`, whatever the answer. */
    send: async (...asked: Parameters<typeof world.accept>) => await world.accept(...asked),
    drain: async () =>
      await drain(
        ports,
        {
          limits,
          lingerMs: 0,
          scope: {},
          factsAgeMs: 600_000,
          library,
          platformsOf: () => PLATFORMS,
          watch: async () => {},
        },
        { why: "due", runId: null, urgent: false },
      ),
    poll: async () => {
      world.pass(60_000);
      return await poll(ports, limits, "poller", library);
    },
    collect: async (sequenceId: string) =>
      await collect(
        { ...ports, evidence: NO_EVIDENCE, rows: createMemoryRows() },
        { limits, version: "", commit: "", catalogue: new Map() },
        sequenceId,
      ),
    run: async (runId: string) => {
      const run = await describeRun(ports, limits, runId, reading());
      if (run === null) throw new Error(`run ${runId} is gone`);
      return run;
    },
    status: async () => await describeStatus(ports, limits, ofEveryTeam("op"), library),
    body: async (key: string) => (await ledger.read(key))?.body ?? null,
    /** The row as another version of the app would write it. */
    tamper: async (key: string, members: object) => {
      const row = await ledger.read(key);
      if (row === null || typeof row.body !== "object") throw new Error(`${key} is not there`);
      await write([{ op: "replace", key, body: { ...row.body, ...members }, etag: "*" }]);
    },
    insert: async (key: string, body: unknown) => await write([{ op: "insert", key, body }]),
    sequenceKeys: async (runId: string) => {
      const rows = ledger.rows().filter(({ key }) => key.startsWith(sequenceKey(runId)));
      return rows.map(({ key }) => key);
    },
    runKey,
  };
}

function answered<T>(value: T) {
  return { kind: "answered", value } as const;
}

function succeeding(actions: MachineAction[], nowMs: () => number): Partial<Defender> {
  return {
    prepare: async () => answered(null),
    submit: async (machineId, commands, comment) => {
      const id = `action-${actions.length + 1}`;
      const listed = commands.map((command, index) => {
        return { index, type: command.type, parameters: parametersOf(command), ...DONE };
      });
      const at = { createdAtMs: nowMs(), updatedAtMs: nowMs() };
      const action = { id, status: "Succeeded", comment, requestor: "lrq", machineId, ...at };
      actions.unshift({ ...action, commands: listed });
      return { kind: "accepted", actionId: id, comment };
    },
    listActions: async () => answered(actions),
    listPending: async () => answered([]),
    machinesSeenSince: async () => answered([]),
    resultLink: async () => ({ kind: "absent", detail: "no result" }),
    cancelAction: async () => answered(null),
  };
}

const NO_EVIDENCE: Ports["evidence"] = {
  put: async () => {
    throw new Error("nothing is stored here");
  },
  open: async () => null,
};

/** The sequence of a row key. */
export function idIn(key: string): SequenceRecord["sequenceId"] {
  return key.slice(sequenceKey("").length);
}

import { wholeFor } from "../access/reaching.ts";
import { createMemoryBells, type MemoryBells } from "../../local/memory/bells.ts";
import { createMemoryLedger, type MemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import type { CallbackAnswer, CallbackRequest } from "../../shared/callback/answer.ts";
import { hostsIn } from "../../shared/callback/hosts.ts";
import { targetsOf, type CallbackRules } from "../../shared/callback/targets.ts";
import { callbackMessageSchema } from "../../shared/ledger/outbox/message.ts";
import {
  noticeSchema,
  type CallbackTarget,
  type Notice,
} from "../../shared/ledger/outbox/notice.ts";
import { runSchema, type RunRecord } from "../../shared/ledger/run/run.ts";
import type { Ports } from "../../shared/ports.ts";
import { callBack, type CalledBack } from "../../shared/workflow/notify/send-notice.ts";
import { factAbout } from "../../shared/store/audit.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { ringNotices } from "../../shared/workflow/notify/ring-notices.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { writeRun } from "../../shared/workflow/accept/write-run.ts";
import { aCaller, SECRET } from "../callback/told-facts.ts";
import { aRun } from "../ledger/a-run.ts";
import { aSequence, RUN_ID, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { incident } from "../plan/planning.ts";

export type CallBackPorts = Pick<
  Ports,
  "ledger" | "bells" | "callbacks" | "clock" | "random" | "log"
>;

/** Outbox, queue and receiver in memory, in a time of their own. */
export interface CallingBack {
  readonly ledger: MemoryLedger;
  readonly bells: MemoryBells;
  readonly sent: readonly CallbackRequest[];
  readonly log: readonly string[];
  /** The keys of each transaction that went through. */
  readonly commits: readonly (readonly string[])[];
  /** The ports of a host; `change` puts faults between it and the world. */
  ports(change?: (ports: CallBackPorts) => CallBackPorts): CallBackPorts;
  /** Writes a run of that many sequences, and its first callbacks with it. */
  accept(sequences: number, targets?: readonly CallbackTarget[]): Promise<void>;
  /** Ends what waits. */
  cancel(): Promise<void>;
  /** Rings for what is due and serves every message; what each came to. */
  serve(ports?: CallBackPorts): Promise<CalledBack[]>;
  nowMs(): number;
  pass(ms: number): void;
  run(): Promise<RunRecord>;
  notices(): Notice[];
  dead(): number;
  deadIds(): string[];
}

const WAITS_MS = [5, 300, 1_800].map((seconds) => seconds * 1_000);
const RULES: CallbackRules = {
  hosts: hostsIn("*.contoso.example") ?? [],
  allowLoopback: false,
  sentinelComments: false,
  managementUrl: "https://management.azure.com",
};
const EVENTS = ["run.accepted", "sequence.ended", "run.finished"];
const hook = (name: string) => ({
  url: `https://${name}.contoso.example/lrq?sig=s3cret`,
  secret: SECRET,
  events: EVENTS,
});
const SOAR = aCaller({ callbacks: [hook("one"), hook("two")] });
const [ONE, TWO] = targetsOf(SOAR, incident(), null, RULES);
if (ONE === undefined || TWO === undefined) throw new Error("no targets");

/** Two who are told of every event. */
export const TARGETS = { one: ONE, two: TWO } as const;

/** `react` answers what is sent. */
export function openCallingBack(
  react: (request: CallbackRequest) => CallbackAnswer | number,
): CallingBack {
  const ledger = createMemoryLedger();
  const time = { ms: START_MS };
  const nowMs = () => time.ms;
  const bells = createMemoryBells({ nowMs });
  const sent: CallbackRequest[] = [];
  const log: string[] = [];
  const commits: string[][] = [];
  const world: CallBackPorts = {
    ledger: {
      read: async (key) => await ledger.read(key),
      list: async (from, before, limit) => await ledger.list(from, before, limit),
      commit: async (changes) => {
        const outcome = await ledger.commit(changes);
        if (outcome.kind === "committed") commits.push(changes.map(({ key }) => key));
        return outcome;
      },
    },
    bells,
    callbacks: {
      send: async (request) => {
        sent.push(request);
        const answer = react(request);
        if (typeof answer !== "number") return answer;
        return { kind: "answered", httpStatus: answer, retryAfterMs: null };
      },
    },
    clock: { earliest: nowMs, latest: nowMs, monotonicMs: nowMs, sleep: async () => {} },
    random: createSeededRandom(7),
    log: (level, event, fields) => log.push(JSON.stringify({ level, event, ...fields })),
  };
  const rowsIn = (family: string) => ledger.rows().filter(({ key }) => key.startsWith(family));
  const readRun = async () => runSchema.parse((await ledger.read(`run!${RUN_ID}`))?.body);
  return {
    ledger,
    bells,
    sent,
    log,
    commits,
    nowMs,
    ports: (change = (same) => same) => change(world),
    accept: async (sequences, targets = [TARGETS.one]) => await accept(world, sequences, targets),
    cancel: async () => {
      await cancelRun(world, someLimits(), RUN_ID, wholeFor("analyst"));
    },
    serve: async (ports = world) => await serve(ports, bells, nowMs),
    pass: (ms) => {
      time.ms += ms;
    },
    run: readRun,
    notices: () => rowsIn("notice!").map(({ body }) => noticeSchema.parse(body)),
    dead: () => rowsIn("dead!").length,
    deadIds: () => rowsIn("dead!").map(({ body }) => noticeSchema.parse(body).noticeId),
  };
}

async function accept(
  ports: CallBackPorts,
  count: number,
  callbacks: readonly CallbackTarget[],
): Promise<void> {
  const sequences = Array.from({ length: count }, (_, index) =>
    aSequence({
      sequenceId: `${RUN_ID}.mnpqrstvwx${String(index).padStart(2, "0")}`,
      machineId: index.toString(16).padStart(40, "0"),
      pass: index,
    }),
  );
  const fact = factAbout("accepted", [], { atMs: START_MS });
  const run = aRun({ requestedBy: SOAR.name, callbacks: [...callbacks] });
  await writeRun(
    { ...ports, countedCommits: createCountedCommits(ports) },
    {
      run,
      sequences,
      isPlanned: count > 4,
      key: null,
      counting: null,
      policy: null,
      asking: { by: SOAR.name, objectId: null, untilMs: START_MS },
      guard: null,
      factOf: () => fact,
    },
  );
}

async function serve(
  ports: CallBackPorts,
  bells: MemoryBells,
  nowMs: () => number,
): Promise<CalledBack[]> {
  await ringNotices(ports);
  const came: CalledBack[] = [];
  for (const message of bells.receive(nowMs(), { queue: "callback" })) {
    const { callback } = callbackMessageSchema.parse(message.body);
    came.push(await callBack(ports, SETTINGS, callback));
    bells.complete(message.id);
  }
  return came;
}

const SETTINGS = { callers: [SOAR], rules: RULES, waitsMs: WAITS_MS };

/** The ids of all messages that arrived. */
export function idsSent({ sent }: CallingBack): Set<string> {
  return new Set(sent.map(({ headers }) => headers["webhook-id"] ?? ""));
}

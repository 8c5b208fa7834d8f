import { setTimeout as pass } from "node:timers/promises";
import { judgeRun, type Progress } from "./judge-run.ts";
import type { AppCalls } from "./app-calls.ts";
import { good, RESUME_FIX, stopped, type Step } from "./step.ts";

/** The smallest thing that lrq can fetch from every machine, with no script of the library. */
const HARMLESS = [
  { profile: "collect-file", path: String.raw`C:\Windows\System32\drivers\etc\hosts` },
  { profile: "collect-file-unix", path: "/etc/hosts" },
];

/** What is walked, and for how long. */
export interface Journey {
  readonly app: AppCalls;
  /** The machine's name in Defender. */
  readonly machine: string;
  readonly timeoutMs: number;
  /** Between two looks at the run. */
  readonly everyMs: number;
  /** Epoch milliseconds; it makes the incident a new one. */
  readonly nowMs: () => number;
  /** Checks the evidence of the finished run. */
  readonly verify: (runId: string) => Promise<Step>;
  /** Gets each step as soon as it is decided. */
  readonly tell: (step: Step) => void;
}

export interface Walked {
  readonly runId: string | null;
  readonly steps: readonly Step[];
}

/**
 * Fetches the hosts file of one machine by the whole road: request, queue, Defender, evidence. It
 * ends at the first step that is not ok. A run that was accepted goes on after that.
 */
export async function walk(journey: Journey): Promise<Walked> {
  const steps: Step[] = [];
  const tell = (step: Step): boolean => {
    steps.push(step);
    journey.tell(step);
    return step.verdict === "ok";
  };
  for (const check of [reach, lookAtQueue]) {
    if (!tell(await check(journey.app))) return { runId: null, steps };
  }
  const accepted = await submit(journey);
  if (!tell(accepted.step) || accepted.runId === null) return { runId: null, steps };
  const { runId } = accepted;
  if (await follow(journey, runId, tell)) tell(await journey.verify(runId));
  return { runId, steps };
}

async function reach(app: AppCalls): Promise<Step> {
  const health = await app.health();
  if (health.kind === "answered") return good("reach", "lrq answers.");
  const fix = "Check LRQ_URL, and whether the network lets this machine reach it.";
  return stopped("reach", "unreachable", { what: `lrq does not answer: ${health.detail}.`, fix });
}

async function lookAtQueue(app: AppCalls): Promise<Step> {
  const status = await app.status();
  if (status.kind !== "answered") return noAnswer("queue", status);
  const { paused, lockedOut } = status.value;
  if (paused !== null) {
    const what = `${paused.by} paused lrq: ${paused.why}`;
    return stopped("queue", "refused", { what, fix: RESUME_FIX });
  }
  if (lockedOut !== null) {
    return stopped("queue", "refused", { what: lockedOut.detail, fix: lockedOut.remedy });
  }
  return good("queue", "Submissions may go.");
}

/** Tries the profile of one platform after the other: Defender says which one the machine has. */
async function submit({
  app,
  machine,
  nowMs,
}: Journey): Promise<{ runId: string | null; step: Step }> {
  let reason = "";
  for (const { profile, path } of HARMLESS) {
    const id = `smoke-${new Date(nowMs()).toISOString()}`;
    const answer = await app.submit({
      incident: { id, title: `Smoke test of ${machine}`, severity: "low" },
      machines: [{ name: machine }],
      profile,
      parameters: { path },
    });
    if (answer.kind === "answered") {
      const { runId } = answer.value;
      return { runId, step: good("accept", `Run ${runId} fetches ${path}.`) };
    }
    if (answer.kind === "silent" || answer.skipped.length === 0) {
      return { runId: null, step: noAnswer("accept", answer) };
    }
    reason = answer.skipped.join(" ");
  }
  const fix = "Name a machine as Defender does, that is onboarded and that SCOPE allows.";
  return { runId: null, step: stopped("accept", "refused", { what: reason, fix }) };
}

/** True if the sequence succeeded and its result is stored. */
async function follow(
  { app, timeoutMs, everyMs, nowMs }: Journey,
  runId: string,
  tell: (step: Step) => boolean,
): Promise<boolean> {
  const untilMs = nowMs() + timeoutMs;
  let told = 0;
  for (;;) {
    const answer = await app.run(runId);
    const isOver = nowMs() >= untilMs;
    if (answer.kind === "refused") return tell(noAnswer("submit", answer));
    // An app that does not answer once may answer at the next look.
    const progress: Progress =
      answer.kind === "answered"
        ? judgeRun(answer.value)
        : { steps: [], next: "submit", waits: `lrq does not answer: ${answer.detail}` };
    for (const step of progress.steps.slice(told)) {
      told += 1;
      if (!tell(aboutRun(step, runId))) return false;
    }
    if (progress.next === null) return true;
    if (isOver) return tell(late(progress, runId));
    await pass(everyMs);
  }
}

/** The step with the id in the place of RUN. */
function aboutRun(step: Step, runId: string): Step {
  return { ...step, fix: step.fix?.replace("RUN", runId) ?? null };
}

function late({ next, waits }: Progress, runId: string): Step {
  const fix = `Ask later with GET /api/runs/${runId}, or end it with POST /api/runs/${runId}/cancel.`;
  return stopped(next ?? "evidence", "late", { what: `The time is over. ${waits}`, fix });
}

const FIXES: Readonly<Record<number, string>> = {
  401: "Check LRQ_KEY: the setting CALLERS of the app has to have its hash.",
  403: "Give the caller incident.submit, run.read and evidence.read, and both collect-file profiles.",
  404: "Check LRQ_URL: lrq has other routes there, or something else answers.",
  429: "Wait until the time that it says, or raise the cap.",
  503: "Read what it says; lrq doctor may say more.",
};

function noAnswer(
  step: Step["step"],
  answer: { kind: "silent"; detail: string } | { kind: "refused"; status: number; detail: string },
): Step {
  if (answer.kind === "silent") {
    const fix = "Look into the log of the app, and try again.";
    return stopped(step, "unreachable", { what: `lrq does not answer: ${answer.detail}.`, fix });
  }
  const { status, detail } = answer;
  const fix = FIXES[status] ?? "Do what it says.";
  return stopped(step, "refused", { what: `HTTP ${status}: ${detail}`, fix });
}

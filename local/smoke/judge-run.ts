import type { Run } from "./app-calls.ts";
import { good, RESUME_FIX, stopped, type Step } from "./step.ts";

/** How far the run has come. */
export interface Progress {
  /** What is decided, in order; nothing comes after a step that is not ok. */
  readonly steps: readonly Step[];
  /** What is waited for; null at the end of the road. */
  readonly next: Step["step"] | null;
  readonly waits: string;
}

type Sequence = Run["sequences"][0];

/** Enough to find it in the manifest, and short enough for a line. */
const HASH_SHOWN = 16;

const LIVE_RESPONSE_OFF =
  "In the Defender portal under Settings, Endpoints, Advanced features, turn on Live Response, and " +
  "Live Response for Servers.";

/** What to do about a sequence that will not go by itself, by the code of its wait. */
const REFUSALS: Readonly<Record<string, string>> = {
  approval: "Let somebody approve it: POST /api/runs/RUN/approve.",
  runPaused: "Resume it: POST /api/runs/RUN/resume.",
  paused: RESUME_FIX,
  lockedOut: "lrq doctor says which right is missing.",
  setAside: "Run the version of the app that wrote the budget.",
};

/** What a run of one sequence says of the road. */
export function judgeRun({ state, sequences: [sequence] }: Run): Progress {
  const submitted = judgeSubmission(sequence);
  if (submitted === null) return { steps: [], next: "submit", waits: waitOf(sequence) };
  if (submitted.verdict !== "ok") return { steps: [submitted], next: null, waits: "" };
  const ended = judgeEnd(sequence);
  if (ended === null) return { steps: [submitted], next: "Defender", waits: waitOf(sequence) };
  if (ended.verdict !== "ok") return { steps: [submitted, ended], next: null, waits: "" };
  const stored = judgeResults(sequence);
  const steps = [submitted, ended];
  if (stored === null) return { steps, next: "evidence", waits: "lrq still fetches the result." };
  if (stored.verdict === "ok" && state === "running") {
    return { steps, next: "evidence", waits: "The run is not finished." };
  }
  return { steps: [...steps, stored], next: null, waits: "" };
}

function waitOf({ state, waits }: Sequence): string {
  return waits === null ? `The sequence is ${state}.` : waits.detail;
}

/** Null while it may still go by itself. */
function judgeSubmission({ state, machineActionId, waits, outcome }: Sequence): Step | null {
  if (machineActionId !== null) return good("submit", `Defender has action ${machineActionId}.`);
  if (state !== "waiting" && state !== "claimed" && state !== "unconfirmed") {
    return stopped("submit", "failed", said(state, outcome));
  }
  const fix = REFUSALS[waits?.code ?? ""];
  if (waits === null || fix === undefined) return null;
  const isOff = waits.detail.includes("DisabledFeature");
  return stopped("submit", "refused", { what: waits.detail, fix: isOff ? LIVE_RESPONSE_OFF : fix });
}

/** Null while it runs. */
function judgeEnd({ state, machineName, machineId, outcome, waits }: Sequence): Step | null {
  if (state === "succeeded") return good("Defender", `${machineName ?? machineId} did it.`);
  // It was at Defender, and has to go again: the machine did not answer in time.
  if (state === "waiting" && waits?.code === "offline") {
    const fix = "Choose a machine that is on; lrq tries this one again by itself.";
    return stopped("Defender", "late", { what: waits.detail, fix });
  }
  const isOpen = ["waiting", "claimed", "unconfirmed", "submitted"].includes(state);
  return isOpen ? null : stopped("Defender", "failed", said(state, outcome));
}

function said(state: string, outcome: Sequence["outcome"]) {
  const why = outcome === null ? "" : `: ${outcome.code}, ${outcome.detail}`;
  return { what: `The sequence is ${state}${why}`, fix: "docs/api.md explains the code." };
}

/** Null while a result is owed. */
function judgeResults({ commands }: Sequence): Step | null {
  const results = commands.flatMap(({ result }) => result ?? []);
  const lost = results.find(({ state }) => state === "unavailable");
  if (lost !== undefined) {
    const what = lost.detail ?? "Defender has no result.";
    return stopped("evidence", "failed", { what, fix: "Send POST /api/runs/RUN/collect." });
  }
  const stored = results.find(({ state }) => state === "stored");
  if (stored === undefined || results.some(({ state }) => state === "owed")) return null;
  return good(
    "evidence",
    `${stored.size} bytes stored, SHA-256 ${(stored.sha256 ?? "").slice(0, HASH_SHOWN)}….`,
  );
}

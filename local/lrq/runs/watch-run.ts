import type { Lrq } from "../app/lrq.ts";
import { type Run, runSchema } from "../app/run.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";
import { endOf, endWords } from "./run-end.ts";
import { viewFor, type WatchView } from "./watch-views.ts";

/** What is watched, and for how long. */
export interface Watching {
  readonly runId: string;
  readonly json: boolean;
  /** Between two looks at the run. */
  readonly everyMs: number;
  /** How long lrq may be silent. */
  readonly patienceMs: number;
  /** How long the run may take. */
  readonly timeoutMs: number;
}

/** Quick enough to see commands go by, and far below what a caller may ask in a minute. */
export const EVERY_MS = 2_000;
export const PATIENCE_MINUTES = 5;

/**
 * Shows a run until it is over; gives 0 or 6. A connection that is lost is tried again until the
 * patience is over, but the first look has to be answered. Throws a `Stop` for the rest.
 */
export async function watchRun(lrq: Lrq, watching: Watching, around: Around): Promise<ExitCode> {
  const view = viewFor(watching.json, around);
  try {
    const run = await untilOver(lrq, watching, { around, view });
    view.close();
    if (watching.json) around.sayJson({ runId: run.runId, state: run.state, counts: run.counts });
    else around.say(endWords(run));
    return endOf(run);
  } finally {
    view.close();
  }
}

async function untilOver(
  lrq: Lrq,
  { runId, everyMs, patienceMs, timeoutMs }: Watching,
  { around, view }: { readonly around: Around; readonly view: WatchView },
): Promise<Run> {
  const startedAtMs = around.nowMs();
  let answeredAtMs: number | null = null;
  for (;;) {
    const looked = await look(lrq, runId);
    const nowMs = around.nowMs();
    if (!(looked instanceof Stop)) {
      answeredAtMs = nowMs;
      view.show(looked);
      if (looked.state === "finished") return looked;
    } else {
      if (looked.againAfterMs === null || answeredAtMs === null) throw looked;
      if (nowMs - answeredAtMs >= patienceMs) throw silentFor(patienceMs, runId, looked);
      view.lost(looked.message);
    }
    if (nowMs - startedAtMs >= timeoutMs) {
      const todo = `The run goes on: lrq watch ${runId} looks again.`;
      throw new Stop(EXIT.late, "The time of this command is over.", { todo });
    }
    await around.sleep(Math.max(everyMs, looked instanceof Stop ? (looked.againAfterMs ?? 0) : 0));
  }
}

async function look(lrq: Lrq, runId: string): Promise<Run | Stop> {
  try {
    return (await lrq.get(`runs/${runId}`, runSchema)).value;
  } catch (error) {
    if (error instanceof Stop) return error;
    throw error;
  }
}

function silentFor(patienceMs: number, runId: string, { message }: Stop): Stop {
  const minutes = patienceMs / 60_000;
  return new Stop(EXIT.unreachable, `${message} It has not answered for ${minutes} minutes.`, {
    todo: `The run goes on without this command: lrq watch ${runId} looks again.`,
  });
}

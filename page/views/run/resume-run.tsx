import type { RunView } from "../../../shared/workflow/view/run-view.ts";
import { act } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";

/** Lets a run go on that paused itself. */
export function ResumeRun({ run, again }: { readonly run: RunView; readonly again: () => void }) {
  return (
    <Action
      name="Resume the run"
      does={async () => await act(`runs/${encodeURIComponent(run.runId)}/resume`)}
      done={again}
    >
      <p>
        It paused itself: {run.gate?.why ?? "after failures"}. {run.counts.waiting} machines wait.
        The count of failures starts again.
      </p>
    </Action>
  );
}

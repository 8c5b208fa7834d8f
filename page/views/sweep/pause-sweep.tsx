import type { SweepView } from "../../../shared/workflow/view/describe-sweeps.ts";
import { act } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";

interface Of {
  readonly sweep: SweepView;
  readonly again: () => void;
}

/** Lets no round start by itself. */
export function PauseSweep({ sweep: { name, open }, again }: Of) {
  return (
    <Action
      name="Pause the sweep"
      danger
      does={async () => await act(`sweeps/${encodeURIComponent(name)}/pause`)}
      done={again}
    >
      <p>
        No round starts by itself until somebody resumes it.{" "}
        {open.length === 0 ? "" : `What is open goes on: round ${open.join(", ")}.`}
      </p>
    </Action>
  );
}

/** Lets rounds start by the schedule. */
export function ResumeSweep({ sweep: { name }, again }: Of) {
  return (
    <Action
      name="Resume the sweep"
      does={async () => await act(`sweeps/${encodeURIComponent(name)}/resume`)}
      done={again}
    >
      <p>Rounds start by the schedule. What was due while it was paused is not made up.</p>
    </Action>
  );
}

import type { SequenceView } from "../../../shared/workflow/view/run-view.ts";
import { act } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";

/** What a person can do about one machine: cancel it, or run it again if it did not end well. */
export function SequenceActions({
  sequence,
  again,
}: {
  readonly sequence: SequenceView;
  readonly again: () => void;
}) {
  const { sequenceId, state, machineName, machineId } = sequence;
  const name = machineName ?? machineId;
  const path = `sequences/${encodeURIComponent(sequenceId)}`;
  if (sequence.endedAt === null) {
    return (
      <Action name="Cancel" danger does={async () => await act(`${path}/cancel`)} done={again}>
        <p>
          {state === "waiting"
            ? `${name} ends at once, and nothing runs on it.`
            : `Defender is asked to stop on ${name}; it may still succeed.`}
        </p>
      </Action>
    );
  }
  if (sequence.retriedBy !== null) return null;
  // A script can fail by its own word although Defender did all it was asked.
  if (state === "succeeded" && sequence.scripts !== "failed") return null;
  return (
    <Action name="Retry" does={async () => await act(`${path}/retry`)} done={again}>
      <p>
        The same commands run again on {name}, as a new sequence of this run. What is here stays as
        it is.
      </p>
    </Action>
  );
}

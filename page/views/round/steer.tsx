import { useState } from "preact/hooks";
import type { RoundView } from "../../../shared/workflow/view/describe-round.ts";
import { act, read } from "../../live/ask.ts";
import { useAsked } from "../../live/use-asked.ts";
import { Action } from "../../parts/action.tsx";
import { Looked } from "../../parts/looked.tsx";
import { State } from "../../words/state.tsx";

interface Of {
  readonly round: RoundView;
  /** The path of the round. */
  readonly path: string;
  readonly again: () => void;
}

/** Lets a round send nothing more until somebody resumes it. */
export function PauseRound({ round: { counts }, path, again }: Of) {
  return (
    <Action name="Pause the round" does={async () => await act(`${path}/pause`)} done={again}>
      <p>
        {counts.waiting + counts.held} machines are not sent anything until somebody resumes it.
        What was sent goes on: {counts.sent}.
      </p>
    </Action>
  );
}

/** Lets a paused round go on. */
export function ResumeRound({ round: { why, counts }, path, again }: Of) {
  return (
    <Action name="Resume the round" does={async () => await act(`${path}/resume`)} done={again}>
      <p>
        {why === null ? "" : `${why.detail} `}
        {counts.waiting + counts.held} machines are still to be asked. The round is judged by what
        fails from now on.
      </p>
    </Action>
  );
}

/** Stops a round for good, after the app has said where its machines are now. */
export function StopRound({ path, again }: Of) {
  const [running, setRunning] = useState(false);
  const seen = useAsked(async () => await read<RoundView>(path));
  return (
    <Action
      name="Stop the round"
      danger
      opened={() => void seen.askAnew()}
      ready={seen.body !== null}
      does={async () => await act(`${path}/stop${running ? "?running=true" : ""}`)}
      done={again}
    >
      <Looked of={seen} asking="asking what it would touch …">
        {({ counts: { waiting, held, sent, reached } }) => (
          <p>
            {waiting + held} machines are never sent anything. {sent} are in runs: what waits there
            is cancelled,{" "}
            {running ? "and what runs, too; it may still succeed." : "and what runs goes on."}{" "}
            {reached} are reached and stay as they are. This is for good.
          </p>
        )}
      </Looked>
      <label class="tick">
        <input
          type="checkbox"
          checked={running}
          onInput={({ currentTarget }) => setRunning(currentTarget.checked)}
        />
        Also cancel what runs
      </label>
    </Action>
  );
}

/** Asks the machines again that the round has missed. */
export function Rerun({ round: { counts, state }, path, again }: Of) {
  return (
    <Action name="Ask the missed again" does={async () => await act(`${path}/rerun`)} done={again}>
      <p>
        These are asked again in the same round, each as a new sequence; those that were reached
        lately stay as they are.{state === "ended" ? " The round is open again." : ""}
      </p>
      <ul class="plan">
        {Object.entries(counts.missed).map(([how, count]) => (
          <li key={how}>
            {count} <State of={how} />
          </li>
        ))}
      </ul>
    </Action>
  );
}

import { useState } from "preact/hooks";
import type { RoundView } from "../../../shared/workflow/view/describe-round.ts";
import { act, read, whyNot } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";
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
  const [seen, setSeen] = useState<RoundView["counts"] | string | null>(null);
  const look = async (): Promise<void> => {
    setSeen(null);
    const answer = await read<RoundView>(path);
    setSeen(answer.kind === "answered" ? answer.body.counts : whyNot(answer));
  };
  const isSeen = seen !== null && typeof seen !== "string";
  return (
    <Action
      name="Stop the round"
      danger
      opened={() => void look()}
      ready={isSeen}
      does={async () => await act(`${path}/stop${running ? "?running=true" : ""}`)}
      done={again}
    >
      <div aria-live="polite">
        {seen === null ? <p>asking what it would touch …</p> : null}
        {typeof seen === "string" ? <p class="notice bad">{seen}</p> : null}
        {isSeen ? (
          <p>
            {seen.waiting + seen.held} machines are never sent anything. {seen.sent} are in runs:
            what waits there is cancelled,{" "}
            {running ? "and what runs, too; it may still succeed." : "and what runs goes on."}{" "}
            {seen.reached} are reached and stay as they are. This is for good.
          </p>
        ) : null}
      </div>
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

import type { RunView } from "../../../shared/workflow/view/run-view.ts";
import { act } from "../../live/ask.ts";
import { useAsked } from "../../live/use-asked.ts";
import { Action } from "../../parts/action.tsx";
import { Looked } from "../../parts/looked.tsx";
import { State } from "../../words/state.tsx";

/** What a cancel touches, counted by the app. */
interface Touched {
  readonly ended: number;
  readonly asked: number;
  readonly alreadyOver: number;
}

/** Cancels a run, after the app has said what that would touch. */
export function CancelRun({ run, again }: { readonly run: RunView; readonly again: () => void }) {
  const path = `runs/${encodeURIComponent(run.runId)}/cancel`;
  const open = run.sequences.filter(({ endedAt }) => endedAt === null);
  const preview = useAsked(async () => await act<Touched>(`${path}?preview=true`));
  return (
    <Action
      name="Cancel the run"
      danger
      opened={() => void preview.askAnew()}
      ready={preview.body !== null}
      does={async () => await act(path)}
      done={again}
    >
      <Looked of={preview} asking="asking what it would touch …">
        {({ ended, asked, alreadyOver }) => (
          <p>
            {ended} that wait end at once; {asked} at Defender are asked to stop, and may still
            succeed; {alreadyOver} are over and stay as they are.
          </p>
        )}
      </Looked>
      <ul class="plan">
        {open.map(({ sequenceId, machineId, machineName, state }) => (
          <li key={sequenceId}>
            {machineName ?? machineId} <State of={state} />
          </li>
        ))}
      </ul>
    </Action>
  );
}

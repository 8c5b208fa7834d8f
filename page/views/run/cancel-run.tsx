import { useState } from "preact/hooks";
import type { RunView } from "../../../shared/workflow/view/run-view.ts";
import { act, whyNot } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";
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
  const [preview, setPreview] = useState<Touched | string | null>(null);
  const look = async (): Promise<void> => {
    setPreview(null);
    const answer = await act<Touched>(`${path}?preview=true`);
    setPreview(answer.kind === "answered" ? answer.body : whyNot(answer));
  };
  const isSeen = preview !== null && typeof preview !== "string";
  return (
    <Action
      name="Cancel the run"
      danger
      opened={() => void look()}
      ready={isSeen}
      does={async () => await act(path)}
      done={again}
    >
      {preview === null ? <p>asking what it would touch …</p> : null}
      {typeof preview === "string" ? <p class="notice bad">{preview}</p> : null}
      {isSeen ? (
        <p>
          {preview.ended} that wait end at once; {preview.asked} at Defender are asked to stop, and
          may still succeed; {preview.alreadyOver} are over and stay as they are.
        </p>
      ) : null}
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

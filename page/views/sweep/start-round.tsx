import type { Definition } from "../../../shared/sweep/definition.ts";
import type { SweepView } from "../../../shared/workflow/view/describe-sweeps.ts";
import type { SweepPreview } from "../../../shared/workflow/sweep/preview-sweep.ts";
import { act } from "../../live/ask.ts";
import { useAsked } from "../../live/use-asked.ts";
import { Action } from "../../parts/action.tsx";
import { Bar } from "../../parts/bar.tsx";
import { Looked } from "../../parts/looked.tsx";
import { QueryInWords } from "../../words/query-in-words.tsx";
import { listed } from "../../words/cron.ts";

interface Of {
  readonly sweep: SweepView & { readonly definition: Definition };
  readonly again: () => void;
}

/** Starts a round, after the app has said what it would do now. */
export function StartRound({ sweep: { name, definition }, again }: Of) {
  const path = `sweeps/${encodeURIComponent(name)}`;
  const preview = useAsked(async () => await act<SweepPreview>(`${path}/preview`));
  return (
    <Action
      name="Start a round"
      opened={() => void preview.askAnew()}
      ready={preview.body !== null}
      does={async () => await act(`${path}/start`)}
      done={again}
    >
      <Looked of={preview} asking="asking Defender for its machines …">
        {(body) => <Preview of={body} profiles={definition.profiles} />}
      </Looked>
    </Action>
  );
}

function Preview({
  of,
  profiles,
}: {
  readonly of: SweepPreview;
  readonly profiles: readonly string[];
}) {
  const { machines, awake, leftOut, needApproval, calls, sessions, estimatedMinutes } = of;
  const least = of.complete ? "" : "at least ";
  const platforms = Object.entries(of.platforms);
  return (
    <>
      <dl class="facts">
        <dt>machines</dt>
        <dd>
          {least}
          {machines}
          {platforms.map(([platform, count]) => (
            <div class="figure" key={platform}>
              <span>
                {count} {platform}
              </span>
              <Bar part={count} of={machines} />
            </div>
          ))}
        </dd>
        <QueryInWords of={of.query} />
        <dt>now</dt>
        <dd>{awake} have reported lately; the others are asked once they do</dd>
        {leftOut === 0 ? null : (
          <>
            <dt>left out</dt>
            <dd>{leftOut}, by SCOPE or because no profile is for them</dd>
          </>
        )}
        {needApproval === 0 ? null : (
          <>
            <dt>approval</dt>
            <dd>{needApproval} need one before they are sent anything</dd>
          </>
        )}
        <dt>asked with</dt>
        <dd>{listed(profiles)}</dd>
        <dt>costs</dt>
        <dd>
          {least}
          {calls} calls, and at most {sessions} sessions at once
        </dd>
        <dt>takes</dt>
        <dd>
          {least}about {estimatedMinutes} min
        </dd>
      </dl>
      <p>Nothing has begun yet.</p>
    </>
  );
}

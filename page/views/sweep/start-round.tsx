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
import { Ago, lengthBetween } from "../../words/instant.tsx";

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
  const { machines, asked, awake, needApproval, calls, sessions, opensAt, why } = of;
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
        {why === null ? null : (
          <>
            <dt>not all</dt>
            <dd>
              only {of.looked} machines were looked at: {why.detail}
            </dd>
          </>
        )}
        <QueryInWords of={of.query} />
        <dt>asked</dt>
        <dd>
          {least}
          {asked}
        </dd>
        <NotAsked of={of} />
        <dt>now</dt>
        <dd>{awake} have reported lately; the others are asked once they do</dd>
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
        {opensAt === null ? null : (
          <>
            <dt>window</dt>
            <dd>
              opens <Ago at={opensAt} />, and nothing is sent before
            </dd>
          </>
        )}
        <dt>takes</dt>
        <dd>
          {least}about {lengthBetween(0, of.estimatedMinutes * 60_000)}
          {of.expiresFirst ? "; the round expires before that, and does not reach all" : ""}
        </dd>
      </dl>
      <p>Nothing has begun yet.</p>
    </>
  );
}

/** The machines of the targets that the round would not ask, and why; nothing if it asks all. */
function NotAsked({ of: { recent, leftOut, beyondLimit } }: { readonly of: SweepPreview }) {
  const reasons = [
    { count: recent, why: "were reached lately" },
    { count: leftOut, why: "are left out by SCOPE or because no profile is for them" },
    { count: beyondLimit, why: "are beyond the limit of the sweep" },
  ].filter(({ count }) => count > 0);
  if (reasons.length === 0) return null;
  return (
    <>
      <dt>not asked</dt>
      {reasons.map(({ count, why }) => (
        <dd key={why}>
          {count} {why}
        </dd>
      ))}
    </>
  );
}

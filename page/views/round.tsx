import type { WholeRoundView } from "../../shared/workflow/view/describe-round.ts";
import { useLive } from "../live/use-live.ts";
import { useMay } from "../live/use-may.ts";
import { Reached } from "../parts/reached.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { hrefs } from "../route.ts";
import { Ago, Instant } from "../words/instant.tsx";
import { QueryInWords } from "../words/query-in-words.tsx";
import { State } from "../words/state.tsx";
import { Counts } from "./counts.tsx";
import { Changes } from "./round/changes.tsx";
import { Rows } from "./round/rows.tsx";
import { Runs } from "./round/runs.tsx";
import { Stack } from "./round/stack.tsx";
import { PauseRound, Rerun, ResumeRound, StopRound } from "./round/steer.tsx";

/** One round of a sweep: where its machines are, and what they answered. */
export function Round({ name, number }: { readonly name: string; readonly number: number }) {
  const path = `sweeps/${encodeURIComponent(name)}/rounds/${number}`;
  const live = useLive<WholeRoundView>(path);
  const may = useMay();
  const { body: round, again } = live;
  return (
    <>
      <h1>
        {name}, round {number}
      </h1>
      <p>
        <a href={hrefs.sweep(name)}>All rounds of the sweep</a>
      </p>
      <Trouble of={live} />
      {round === null ? null : (
        <>
          <Head round={round} />
          {may("sweep.manage") ? (
            <div class="line">
              <Steering round={round} path={path} again={again} />
            </div>
          ) : null}
          <Runs runs={round.runs} />
          {round.columns.length === 0 ? (
            <p class="none">The profiles of this round have no rows.</p>
          ) : (
            <>
              <Stack path={path} columns={round.columns} />
              <Changes path={path} round={number} columns={round.columns} />
              <Rows path={path} columns={round.columns} />
            </>
          )}
        </>
      )}
    </>
  );
}

function Steering(props: {
  readonly round: WholeRoundView;
  readonly path: string;
  readonly again: () => void;
}) {
  const { state, counts } = props.round;
  const missed = Object.values(counts.missed).reduce((sum, count) => sum + count, 0);
  return (
    <>
      {state === "running" ? <PauseRound {...props} /> : null}
      {state === "paused" ? <ResumeRound {...props} /> : null}
      {state === "ended" ? null : <StopRound {...props} />}
      {missed > 0 && state !== "closing" ? <Rerun {...props} /> : null}
    </>
  );
}

/** The machines of a round by where they are; together they are all of them. */
function countsIn({ counts }: Pick<WholeRoundView, "counts">) {
  const { targeted: total, waiting, held, sent, reached, missed } = counts;
  return { total, waiting, held, sent, reached, ...missed };
}

function Head({ round }: { readonly round: WholeRoundView }) {
  const { counts, why, dueAt, startedBy, startedAt, endedAt, expiresAt } = round;
  return (
    <dl class="facts">
      <dt>state</dt>
      <dd>
        <State of={round.state} />
        {why === null ? null : (
          <>
            {" "}
            {why.detail} <Ago at={why.since} />
          </>
        )}
      </dd>
      <dt>reached</dt>
      <dd>
        <Reached reached={counts.reached} targeted={counts.targeted - counts.leftOut} />
      </dd>
      <dt>machines</dt>
      <dd>
        <Counts of={countsIn(round)} />
      </dd>
      <dt>listed</dt>
      <dd>{round.listedAt === null ? "the first list goes on" : <Ago at={round.listedAt} />}</dd>
      <QueryInWords of={round.query} />
      <dt>began</dt>
      <dd>
        <Instant at={startedAt} />
        {startedBy === null ? null : `, by ${startedBy}`}
        {dueAt === null ? null : (
          <>
            , due <Instant at={dueAt} />
          </>
        )}
      </dd>
      <dt>{endedAt === null ? "expires" : "ended"}</dt>
      <dd>
        <Instant at={endedAt ?? expiresAt} /> (<Ago at={endedAt ?? expiresAt} />)
      </dd>
      {round.reruns === 0 ? null : (
        <>
          <dt>asked again</dt>
          <dd>{round.reruns === 1 ? "once" : `${round.reruns} times`}</dd>
        </>
      )}
    </dl>
  );
}

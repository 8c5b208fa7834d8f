import type { Definition } from "../../shared/sweep/definition.ts";
import type { RoundView } from "../../shared/workflow/view/describe-round.ts";
import type { RoundsPage, SweepView } from "../../shared/workflow/view/describe-sweeps.ts";
import { useLive } from "../live/use-live.ts";
import { useMay } from "../live/use-may.ts";
import { usePages } from "../live/use-pages.ts";
import { Trouble } from "../parts/trouble.tsx";
import { hrefs } from "../route.ts";
import { Instant } from "../words/instant.tsx";
import { Coverage } from "./sweep/coverage.tsx";
import { InWords } from "./sweep/in-words.tsx";
import { PauseSweep, ResumeSweep } from "./sweep/pause-sweep.tsx";
import { Rounds } from "./sweep/rounds.tsx";
import { StartRound } from "./sweep/start-round.tsx";
import { Next } from "./sweeps.tsx";

/** A sweep as `GET sweeps/{name}` says it. */
type WholeSweep = SweepView & { readonly definition: Definition };

/** One sweep: what it does, when, its rounds, and the machines that it has not reached. */
export function Sweep({ name }: { readonly name: string }) {
  const path = `sweeps/${encodeURIComponent(name)}`;
  const live = useLive<WholeSweep>(path);
  const rounds = usePages<RoundsPage, RoundView>(`${path}/rounds`, {
    of: (page) => page.rounds,
    idOf: ({ round }) => String(round),
    after: ({ next }) =>
      next === null ? null : `${path}/rounds?cursor=${encodeURIComponent(next)}`,
  });
  const may = useMay();
  const { body: sweep } = live;
  const again = (): void => {
    live.again();
    rounds.first.again();
  };
  if (sweep === null) {
    return (
      <>
        <h1>Sweep</h1>
        <Trouble of={live} />
      </>
    );
  }
  return (
    <>
      <h1>{sweep.title}</h1>
      <Trouble of={live} />
      <Head sweep={sweep} />
      {may("sweep.manage") ? (
        <div class="line">
          <StartRound sweep={sweep} again={again} />
          {sweep.paused ? (
            <ResumeSweep sweep={sweep} again={again} />
          ) : (
            <PauseSweep sweep={sweep} again={again} />
          )}
        </div>
      ) : null}
      <Rounds pages={rounds} />
      <Coverage path={path} latest={lastOver(rounds.shown)} />
      <InWords definition={sweep.definition} />
    </>
  );
}

/** While a round goes on, its machines are not missed yet. */
function lastOver(rounds: readonly RoundView[]): RoundView | null {
  return rounds.find(({ state }) => state === "ended") ?? rounds[0] ?? null;
}

function Head({ sweep }: { readonly sweep: WholeSweep }) {
  const { name, open } = sweep;
  return (
    <dl class="facts">
      <dt>next round</dt>
      <dd>
        <Next sweep={sweep} />
      </dd>
      <dt>open</dt>
      <dd>
        {open.length === 0 ? "no round" : null}
        {open.map((number) => (
          <a key={number} class="one" href={hrefs.round(name, number)}>
            round {number}
          </a>
        ))}
      </dd>
      <dt>applied</dt>
      <dd>
        by {sweep.appliedBy} of {sweep.team}, <Instant at={sweep.appliedAt} />
      </dd>
      <dt>sweep</dt>
      <dd>
        <code>{name}</code>
      </dd>
    </dl>
  );
}

import type { RunView } from "../../shared/workflow/view/run-view.ts";
import { useLive } from "../live/use-live.ts";
import { Trouble } from "../parts/trouble.tsx";
import { Ago, Instant } from "../words/instant.tsx";
import { State } from "../words/state.tsx";
import { Counts } from "./counts.tsx";
import { Approval } from "./run/approval.tsx";
import { Callbacks } from "./run/callbacks.tsx";
import { CancelRun } from "./run/cancel-run.tsx";
import { Custody } from "./run/custody.tsx";
import { Evidence } from "./run/evidence.tsx";
import { Machines } from "./run/machines.tsx";
import { ResumeRun } from "./run/resume-run.tsx";

/** One run: what it is, what it waits for, its machines, and what came of it. */
export function Run({ runId }: { readonly runId: string }) {
  const live = useLive<RunView>(`runs/${encodeURIComponent(runId)}`);
  const { body: run, again } = live;
  if (run === null) {
    return (
      <>
        <h1>Run</h1>
        <Trouble of={live} />
      </>
    );
  }
  return (
    <>
      <h1>{run.title}</h1>
      <Trouble of={live} />
      <Head run={run} />
      <div class="line">
        {run.gate?.state === "paused" ? <ResumeRun run={run} again={again} /> : null}
        {run.approval === null ? null : <Approval run={run} again={again} />}
        {run.state === "running" ? <CancelRun run={run} again={again} /> : null}
      </div>
      <Machines run={run} again={again} />
      <Skipped run={run} />
      <Evidence runId={runId} stored={run.results.stored} />
      <Custody runId={runId} stored={run.results.stored} />
      <Callbacks run={run} again={again} />
    </>
  );
}

function Head({ run }: { readonly run: RunView }) {
  return (
    <dl class="facts">
      <dt>state</dt>
      <dd>
        <State of={run.gate?.state === "paused" ? "paused" : run.state} />{" "}
        {run.gate?.state === "paused" ? run.gate.why : null}
        {run.finishedAt === null ? null : <Ago at={run.finishedAt} />}
      </dd>
      <dt>incident</dt>
      <dd>
        {run.source}:{run.incidentId}, {run.severity}{" "}
        {run.url === null ? null : <Link to={run.url} />}
      </dd>
      <dt>asked for</dt>
      <dd>
        by {run.requestedBy}
        {run.team === null ? null : ` of ${run.team}`}, <Instant at={run.requestedAt} />
      </dd>
      <dt>machines</dt>
      <dd>
        <Counts of={run.counts} />
      </dd>
      <dt>results</dt>
      <dd>
        {run.results.stored} stored, {run.results.owed} owed, {run.results.unavailable} unavailable
        {run.scriptsFailed === 0 ? null : (
          <strong>, machines with a script that failed: {run.scriptsFailed}</strong>
        )}
        {run.doneTwice === 0 ? null : (
          <strong>, machines where a part may have run twice: {run.doneTwice}</strong>
        )}
      </dd>
      <dt>run</dt>
      <dd>
        <code>{run.runId}</code>
      </dd>
    </dl>
  );
}

/** The sender's page about the incident. Anything but https is only text: a sender wrote it. */
function Link({ to }: { readonly to: string }) {
  if (!to.startsWith("https://")) return <>{to}</>;
  return (
    <a href={to} rel="noreferrer" target="_blank">
      {new URL(to).host} ↗
    </a>
  );
}

function Skipped({ run: { skipped } }: { readonly run: RunView }) {
  if (skipped.length === 0) return null;
  return (
    <section>
      <h2>Not started</h2>
      <ul>
        {skipped.map(({ machine, reason }) => (
          <li key={machine}>
            <strong>{machine}</strong>: {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}

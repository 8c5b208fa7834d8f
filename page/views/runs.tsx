import { useState } from "preact/hooks";
import type { SummaryView } from "../../shared/workflow/view/describe-summary.ts";
import type { RunsPage } from "../../shared/workflow/view/list-runs.ts";
import { read } from "../live/ask.ts";
import { useLive } from "../live/use-live.ts";
import { Table } from "../parts/table.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { hrefs } from "../route.ts";
import { Ago } from "../words/instant.tsx";
import { State } from "../words/state.tsx";
import { Counts } from "./counts.tsx";

const FILTERS = ["state", "source", "incident", "machine", "since", "needsAttention"] as const;
const HEADS = ["run", "state", "machines", "needs", "asked by", "when"] as const;

/** The runs, newest first. New ones wait above until somebody wants them: nothing moves away. */
export function Runs({ query }: { readonly query: URLSearchParams }) {
  const text = asked(query);
  const path = text === "" ? "runs" : `runs?${text}`;
  return (
    <>
      <h1>Runs</h1>
      <Filters query={query} />
      <List key={path} path={path} />
    </>
  );
}

/** Only what the route knows, so that a mistyped address is no bad request. */
function asked(query: URLSearchParams): string {
  const known = FILTERS.flatMap((name) => {
    const value = query.get(name) ?? "";
    return value === "" ? [] : [[name, value]];
  });
  return new URLSearchParams(known).toString();
}

function List({ path }: { readonly path: string }) {
  const first = useLive<RunsPage>(path);
  const [older, setOlder] = useState<readonly SummaryView[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [seen, setSeen] = useState<ReadonlySet<string> | null>(null);
  const latest = first.body?.runs ?? [];
  // The first page that comes is what is read; whatever comes later waits above it.
  const known = seen ?? (first.body === null ? null : idsOf(latest));
  if (seen === null && known !== null) setSeen(known);
  const shown = merged(latest, older, known ?? new Set());
  const fresh = latest.filter(({ runId }) => known !== null && !known.has(runId));
  const cursor = next === undefined ? (first.body?.next ?? null) : next;
  const more = async (): Promise<void> => {
    const joined = `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor ?? "")}`;
    const answer = await read<RunsPage>(joined);
    if (answer.kind !== "answered") return;
    setSeen(new Set([...(known ?? []), ...idsOf(answer.body.runs)]));
    setOlder([...older, ...answer.body.runs]);
    setNext(answer.body.next);
  };
  return (
    <>
      <Trouble of={first} />
      {fresh.length === 0 ? null : (
        <button type="button" onClick={() => setSeen(new Set([...(known ?? []), ...idsOf(fresh)]))}>
          Show {fresh.length} new
        </button>
      )}
      {first.body !== null && shown.length === 0 ? <p>There is no such run.</p> : null}
      {shown.length === 0 ? null : (
        <Table caption="Runs, newest first" heads={HEADS}>
          {shown.map((run) => (
            <Row key={run.runId} run={run} />
          ))}
        </Table>
      )}
      {cursor === null ? null : (
        <button type="button" onClick={() => void more()}>
          Older
        </button>
      )}
    </>
  );
}

/** What is shown: what was seen, each run as it was read last. */
function merged(
  latest: readonly SummaryView[],
  older: readonly SummaryView[],
  seen: ReadonlySet<string>,
): readonly SummaryView[] {
  const lines = latest.filter(({ runId }) => seen.has(runId));
  const ids = idsOf(lines);
  return [...lines, ...older.filter(({ runId }) => !ids.has(runId))];
}

function idsOf(runs: readonly SummaryView[]): ReadonlySet<string> {
  return new Set(runs.map(({ runId }) => runId));
}

function Row({ run }: { readonly run: SummaryView }) {
  return (
    <tr>
      <th scope="row">
        <a href={hrefs.run(run.runId)}>{run.title}</a>
        <br />
        <small>
          {run.source}:{run.incidentId}, {run.severity}
        </small>
      </th>
      <td>
        <State of={run.state} />
      </td>
      <td>
        <Counts of={run.counts} />
      </td>
      <td>{run.needs.join(", ")}</td>
      <td>{run.requestedBy}</td>
      <td>
        <Ago at={run.requestedAt} />
      </td>
    </tr>
  );
}

/** The address has the filters, so a list can be kept and sent to others. */
function filter(event: SubmitEvent): void {
  event.preventDefault();
  const { currentTarget } = event;
  if (!(currentTarget instanceof HTMLFormElement)) return;
  const wanted = [...new FormData(currentTarget)].flatMap(([name, value]) =>
    typeof value === "string" && value !== "" ? [[name, value]] : [],
  );
  location.hash = hrefs.runs(Object.fromEntries(wanted));
}

function Filters({ query }: { readonly query: URLSearchParams }) {
  const of = (name: string): string => query.get(name) ?? "";
  return (
    <form class="filters" key={query.toString()} onSubmit={filter}>
      <label>
        State
        <select name="state" defaultValue={of("state")}>
          <option value="">all</option>
          <option value="running">running</option>
          <option value="finished">finished</option>
        </select>
      </label>
      <label>
        Source
        <input name="source" defaultValue={of("source")} size={10} />
      </label>
      <label>
        Incident
        <input name="incident" defaultValue={of("incident")} size={12} />
      </label>
      <label>
        Machine
        <input name="machine" defaultValue={of("machine")} size={12} />
      </label>
      <label>
        Since (UTC day)
        <input name="since" type="date" defaultValue={of("since")} />
      </label>
      <label class="tick">
        <input
          type="checkbox"
          name="needsAttention"
          value="true"
          defaultChecked={of("needsAttention") === "true"}
        />
        Needs somebody
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}

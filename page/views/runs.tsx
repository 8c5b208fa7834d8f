import type { SummaryView } from "../../shared/workflow/view/describe-summary.ts";
import type { RunsPage } from "../../shared/workflow/view/list-runs.ts";
import { usePages } from "../live/use-pages.ts";
import { InPages } from "../parts/pages.tsx";
import { Table } from "../parts/table.tsx";
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
  const joined = `${path}${path.includes("?") ? "&" : "?"}cursor=`;
  const pages = usePages<RunsPage, SummaryView>(path, {
    of: ({ runs }) => runs,
    idOf: ({ runId }) => runId,
    after: ({ next }) => (next === null ? null : joined + encodeURIComponent(next)),
  });
  return (
    <InPages of={pages} none="There is no such run.">
      <Table caption="Runs, newest first" heads={HEADS}>
        {pages.shown.map((run) => (
          <Row key={run.runId} run={run} />
        ))}
      </Table>
    </InPages>
  );
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

import type { RunView } from "../../../shared/workflow/view/run-view.ts";
import { act } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";
import { Table } from "../../parts/table.tsx";
import { Ago } from "../../words/instant.tsx";

/** Who is told of the run, and what a person can do if somebody was not reached. */
export function Callbacks({ run, again }: { readonly run: RunView; readonly again: () => void }) {
  const { runId, callbacks } = run;
  if (callbacks.length === 0) return null;
  return (
    <section>
      <h2>Callbacks</h2>
      <Table caption="Callbacks of the run" heads={["to", "told of", "last delivered", "tries"]}>
        {callbacks.map((each) => (
          <tr key={`${each.host} ${each.shape}`}>
            <th scope="row">
              {each.host}
              <br />
              <small>{each.shape}</small>
            </th>
            <td>{each.events.join(", ")}</td>
            <td>
              <Ago at={each.deliveredAt} />
              {each.endedAt === null ? null : " (it wants no more)"}
            </td>
            <td>{each.tries ?? "–"}</td>
          </tr>
        ))}
      </Table>
      <Action
        name="Send dead callbacks again"
        does={async () => await act(`runs/${encodeURIComponent(runId)}/callbacks/replay`)}
        done={again}
      >
        <p>
          What was tried for the last time is sent again, with all its tries. Ids stay the same, so
          whoever had it already can tell.
        </p>
      </Action>
    </section>
  );
}

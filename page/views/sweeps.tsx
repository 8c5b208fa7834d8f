import type { SweepView } from "../../shared/workflow/view/describe-sweeps.ts";
import { usePages } from "../live/use-pages.ts";
import { InPages } from "../parts/pages.tsx";
import { Reached } from "../parts/reached.tsx";
import { Table } from "../parts/table.tsx";
import { hrefs } from "../route.ts";
import { Ago, Due } from "../words/instant.tsx";

interface AllSweeps {
  readonly sweeps: readonly SweepView[];
}

const HEADS = ["sweep", "next round", "open", "last round, machines reached"] as const;

/** The sweeps by their names: when each starts next, and what its last round has reached. */
export function Sweeps() {
  const pages = usePages<AllSweeps, SweepView>("sweeps", {
    of: ({ sweeps }) => sweeps,
    idOf: ({ name }) => name,
    after: () => null,
  });
  return (
    <>
      <h1>Sweeps</h1>
      <InPages of={pages} none="There is no sweep. To apply one: lrq sweeps apply FILE">
        <Table caption="Sweeps by name" heads={HEADS}>
          {pages.shown.map((sweep) => (
            <Row key={sweep.name} sweep={sweep} />
          ))}
        </Table>
      </InPages>
    </>
  );
}

function Row({ sweep }: { readonly sweep: SweepView }) {
  const { name, title, open, last } = sweep;
  return (
    <tr>
      <th scope="row">
        <a href={hrefs.sweep(name)}>{title}</a>
        <br />
        <small>
          {name}, of {sweep.team}
        </small>
      </th>
      <td data-head={HEADS[1]}>
        <Next sweep={sweep} />
      </td>
      <td data-head={HEADS[2]}>
        {open.length === 0 ? <span class="none">none</span> : null}
        {open.map((number) => (
          <a key={number} class="one" href={hrefs.round(name, number)}>
            round {number}
          </a>
        ))}
      </td>
      <td data-head={HEADS[3]}>
        {last === null ? (
          <span class="none">none yet</span>
        ) : (
          <>
            <Reached {...last} />
            <small>
              <a href={hrefs.round(name, last.round)}>round {last.round}</a>, ended{" "}
              <Ago at={last.endedAt} />
            </small>
          </>
        )}
      </td>
    </tr>
  );
}

/** When the next round starts by itself, or that none does. */
export function Next({
  sweep: { paused, nextAt },
}: {
  readonly sweep: Pick<SweepView, "paused" | "nextAt">;
}) {
  if (paused) return <span class="state waits">paused</span>;
  return nextAt === null ? <span class="none">when a person starts it</span> : <Due at={nextAt} />;
}

import type { RoundView } from "../../../shared/workflow/view/describe-round.ts";
import type { RoundsPage } from "../../../shared/workflow/view/describe-sweeps.ts";
import type { Pages } from "../../live/use-pages.ts";
import { InPages } from "../../parts/pages.tsx";
import { Reached } from "../../parts/reached.tsx";
import { Table } from "../../parts/table.tsx";
import { hrefs } from "../../route.ts";
import { Ago, Instant } from "../../words/instant.tsx";
import { State } from "../../words/state.tsx";

const HEADS = ["round", "state", "machines reached", "began", "by"] as const;

/** The rounds of a sweep, the newest first. */
export function Rounds({ pages }: { readonly pages: Pages<RoundsPage, RoundView> }) {
  return (
    <section>
      <h2>Rounds</h2>
      <InPages of={pages} none="There was no round yet.">
        <Table caption="Rounds, newest first" heads={HEADS}>
          {pages.shown.map((round) => (
            <Row key={round.round} round={round} />
          ))}
        </Table>
      </InPages>
    </section>
  );
}

function Row({ round }: { readonly round: RoundView }) {
  const { counts, why } = round;
  return (
    <tr>
      <th scope="row">
        <a href={hrefs.round(round.sweep, round.round)}>round {round.round}</a>
      </th>
      <td>
        <State of={round.state} />
        {why === null ? null : (
          <>
            <br />
            <small>{why.detail}</small>
          </>
        )}
      </td>
      <td data-head={HEADS[2]}>
        <Reached reached={counts.reached} targeted={counts.targeted - counts.leftOut} />
      </td>
      <td data-head={HEADS[3]}>
        <Instant at={round.startedAt} />
        <br />
        <small>
          <Ago at={round.startedAt} />
        </small>
      </td>
      <td data-head={HEADS[4]}>{round.startedBy ?? "the schedule"}</td>
    </tr>
  );
}

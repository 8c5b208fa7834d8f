import { useState } from "preact/hooks";
import type { AuditPage } from "../../shared/workflow/view/read-audit.ts";
import type { AuditRecord } from "../../shared/evidence/audit.ts";
import { usePages } from "../live/use-pages.ts";
import { ROWS } from "../parts/more.tsx";
import { InPages } from "../parts/pages.tsx";
import { Table } from "../parts/table.tsx";
import { hrefs } from "../route.ts";
import { Instant } from "../words/instant.tsx";

type Records = Omit<AuditPage, "records"> & { readonly records: readonly AuditRecord[] };

const NEWEST = "audit?newest=true";

/** What the queue decided, newest first: who, what, about which sequences. */
export function Activity() {
  const pages = usePages<Records, AuditRecord>(NEWEST, {
    of: ({ records }) => records,
    idOf: ({ number }) => String(number),
    after: ({ next }) => (next === null ? null : `${NEWEST}&from=${next}`),
  });
  const [drawn, draw] = useState(ROWS);
  return (
    <>
      <h1>Activity</h1>
      <InPages of={pages} none="Nothing has been decided yet." drawn={[drawn, draw]}>
        <Table
          caption="Decisions of the queue, newest first"
          heads={["when", "what", "by", "about", "said"]}
        >
          {pages.shown.slice(0, drawn).map((record) => (
            <tr key={record.number}>
              <td>
                <Instant at={record.at} />
              </td>
              <th scope="row">{record.event}</th>
              <td>{record.by ?? "lrq"}</td>
              <td>
                <About record={record} />
              </td>
              <td>{record.detail}</td>
            </tr>
          ))}
        </Table>
      </InPages>
    </>
  );
}

/** The runs that a decision is about; a sequence's id begins with that of its run. */
function About({ record: { sequences } }: { readonly record: AuditRecord }) {
  const runs = [...new Set(sequences.map(({ sequenceId }) => sequenceId.split(".")[0] ?? ""))];
  return (
    <>
      {sequences.length === 0 ? null : `${sequences.length} of `}
      {runs.map((runId) => (
        <a key={runId} href={hrefs.run(runId)}>
          {runId}{" "}
        </a>
      ))}
    </>
  );
}

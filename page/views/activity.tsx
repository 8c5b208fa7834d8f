import type { AuditPage } from "../../shared/workflow/view/read-audit.ts";
import type { AuditRecord } from "../../shared/evidence/audit.ts";
import { useLive } from "../live/use-live.ts";
import { Table } from "../parts/table.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { hrefs } from "../route.ts";
import { Instant } from "../words/instant.tsx";

/** Of a thousand in the answer. Whoever wants more has the command line. */
const SHOWN = 200;

type Records = Omit<AuditPage, "records"> & { readonly records: readonly AuditRecord[] };

/** What the queue decided, newest first: who, what, about which sequences. */
export function Activity() {
  const live = useLive<Records>("audit?newest=true");
  return (
    <>
      <h1>Activity</h1>
      <Trouble of={live} />
      {live.body === null ? null : (
        <Table
          caption="Decisions of the queue, newest first"
          heads={["when", "what", "by", "about", "said"]}
        >
          {live.body.records.slice(0, SHOWN).map((record) => (
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
      )}
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

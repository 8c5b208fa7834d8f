import { useState } from "preact/hooks";
import { readLines, whyNot, type Lines } from "../../live/ask.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { hrefs } from "../../route.ts";
import { CellText } from "../../words/cell.tsx";
import { Ago } from "../../words/instant.tsx";
import type { RowOfMachine } from "./row-of-machine.ts";

/** More rows than a person reads; the command line has all of them. */
const READ_MOST = 500;

interface Of {
  /** The path of the round. */
  readonly path: string;
  readonly columns: readonly string[];
}

/** The first rows of a round, on demand: whoever reads rows is in the log of the sweep. */
export function Rows({ path, columns }: Of) {
  const [rows, setRows] = useState<Lines<RowOfMachine> | string | null>(null);
  const [drawn, setDrawn] = useState(ROWS);
  const look = async (): Promise<void> => {
    const answer = await readLines<RowOfMachine>(`${path}/rows`, READ_MOST);
    setDrawn(ROWS);
    setRows(answer.kind === "answered" ? answer.body : whyNot(answer));
  };
  return (
    <section>
      <h2>Rows</h2>
      <p class="line">
        What the machines answered, as they said it.
        <button type="button" onClick={() => void look()}>
          {rows === null ? "List them" : "List them again"}
        </button>
      </p>
      {typeof rows === "string" ? (
        <p class="notice bad" role="alert">
          {rows}
        </p>
      ) : null}
      {rows === null || typeof rows === "string" ? null : (
        <>
          <p role="status">
            {rows.isWhole
              ? `${rows.lines.length} rows.`
              : `The first ${rows.lines.length} rows. All of them: lrq sweeps rows`}
          </p>
          <Listed rows={rows.lines.slice(0, drawn)} columns={columns} />
          <More shown={drawn} of={rows.lines.length} more={setDrawn} />
        </>
      )}
    </section>
  );
}

function Listed({
  rows,
  columns,
}: {
  readonly rows: readonly RowOfMachine[];
  readonly columns: readonly string[];
}) {
  if (rows.length === 0) return null;
  return (
    <Table caption="Rows of the round" heads={["machine", ...columns]}>
      {rows.map((row, index) => (
        <tr key={index}>
          <th scope="row">
            <a href={hrefs.machine(row.machineId)}>{row.machineName ?? row.machineId}</a>
            <br />
            <small>
              <Ago at={row.collectedAt} />
            </small>
          </th>
          {columns.map((name) => (
            <td key={name} data-head={name}>
              <CellText value={row[name]} />
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

import type { Lines } from "../../live/ask.ts";
import { MachineLink } from "../../parts/machine-link.tsx";
import { Table } from "../../parts/table.tsx";
import { Ago } from "../../words/instant.tsx";
import { OnDemand } from "./on-demand.tsx";
import type { RowOfMachine } from "./row-of-machine.ts";
import { Values } from "./values.tsx";

interface Of {
  /** The path of the round. */
  readonly path: string;
  readonly columns: readonly string[];
}

/** The first rows of a round. */
export function Rows({ path, columns }: Of) {
  return (
    <OnDemand<RowOfMachine, RowOfMachine>
      heading="Rows"
      about="What the machines answered, as they said it."
      asks={["List them", "List them again"]}
      path={`${path}/rows`}
      rowsOf={({ lines }) => lines}
      sumOf={sumOf}
      table={(rows) => <Listed rows={rows} columns={columns} />}
    />
  );
}

function sumOf({ lines, isWhole }: Lines<RowOfMachine>): string {
  if (isWhole) return `${lines.length} rows.`;
  return `The first ${lines.length} rows. All of them: lrq sweeps rows`;
}

function Listed({
  rows,
  columns,
}: {
  readonly rows: readonly RowOfMachine[];
  readonly columns: readonly string[];
}) {
  return (
    <Table caption="Rows of the round" heads={["machine", ...columns]}>
      {rows.map((row, index) => (
        <tr key={index}>
          <th scope="row">
            <MachineLink of={row} />
            <br />
            <small>
              <Ago at={row.collectedAt} />
            </small>
          </th>
          <Values of={row} columns={columns} />
        </tr>
      ))}
    </Table>
  );
}

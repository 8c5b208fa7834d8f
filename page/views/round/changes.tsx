import type { Lines } from "../../live/ask.ts";
import { MachineLink } from "../../parts/machine-link.tsx";
import { Table } from "../../parts/table.tsx";
import { State } from "../../words/state.tsx";
import { OnDemand } from "./on-demand.tsx";
import type { RowOfMachine } from "./row-of-machine.ts";
import { Values } from "./values.tsx";

interface Change {
  readonly change: "new" | "gone";
  readonly row: RowOfMachine;
}

/** The last line of the answer: how many machines were compared. */
interface End {
  readonly machines: {
    readonly both: number;
    readonly onlyInRound: number;
    readonly onlyInAgainst: number;
    readonly notComparable: number;
    readonly partial: number;
  };
}

interface Of {
  /** The path of the round. */
  readonly path: string;
  readonly round: number;
  readonly columns: readonly string[];
}

/** What is new in a round and what is gone since the one before it. */
export function Changes({ path, round, columns }: Of) {
  if (round === 1) return null;
  return (
    <OnDemand<Change | End, Change>
      heading="Changes"
      about={`What is new, and what is gone since round ${round - 1}.`}
      asks={["Compare", "Compare again"]}
      path={`${path}/changes`}
      rowsOf={changesIn}
      sumOf={sumOf}
      table={(changes) => <Listed changes={changes} columns={columns} />}
    />
  );
}

function changesIn({ lines }: Lines<Change | End>): readonly Change[] {
  return lines.filter(isChange);
}

function isChange(line: Change | End): line is Change {
  return "change" in line;
}

function sumOf(found: Lines<Change | End>): string {
  const { lines, isWhole } = found;
  const changes = changesIn(found).length;
  const end = lines.at(-1);
  if (!isWhole) return `The first ${changes} changes. All of them: lrq sweeps changes`;
  if (end === undefined || isChange(end)) return "The answer broke off; this is not all of it.";
  const { both, onlyInRound, onlyInAgainst, notComparable, partial } = end.machines;
  const others =
    (notComparable === 0 ? "" : `; ${notComparable} of them cannot be compared`) +
    (partial === 0 ? "" : `; of ${partial} of them lrq has not all rows`);
  return (
    `${changes} changes on the ${both} machines that are in both rounds${others}. Only in this one: ` +
    `${onlyInRound}; only in the other one: ${onlyInAgainst}.`
  );
}

function Listed({
  changes,
  columns,
}: {
  readonly changes: readonly Change[];
  readonly columns: readonly string[];
}) {
  return (
    <Table caption="Changes" heads={["change", "machine", ...columns]}>
      {changes.map(({ change, row }, index) => (
        <tr key={index}>
          <td>
            <State of={change} />
          </td>
          <th scope="row">
            <MachineLink of={row} />
          </th>
          <Values of={row} columns={columns} />
        </tr>
      ))}
    </Table>
  );
}

import { useState } from "preact/hooks";
import { readLines, whyNot, type Lines } from "../../live/ask.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { hrefs } from "../../route.ts";
import { CellText } from "../../words/cell.tsx";
import { State } from "../../words/state.tsx";
import type { RowOfMachine } from "./row-of-machine.ts";

/** More changes than a person reads; the command line has all of them. */
const READ_MOST = 500;

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
  };
}

interface Of {
  /** The path of the round. */
  readonly path: string;
  readonly round: number;
  readonly columns: readonly string[];
}

/** What is new in a round and what is gone since the one before it, on demand. */
export function Changes({ path, round, columns }: Of) {
  const [found, setFound] = useState<Lines<Change | End> | string | null>(null);
  const [drawn, setDrawn] = useState(ROWS);
  if (round === 1) return null;
  const look = async (): Promise<void> => {
    const answer = await readLines<Change | End>(`${path}/changes`, READ_MOST);
    setDrawn(ROWS);
    setFound(answer.kind === "answered" ? answer.body : whyNot(answer));
  };
  const changes = typeof found === "string" ? [] : (found?.lines ?? []).filter(isChange);
  return (
    <section>
      <h2>Changes</h2>
      <p class="line">
        What is new, and what is gone since round {round - 1}.
        <button type="button" onClick={() => void look()}>
          {found === null ? "Compare" : "Compare again"}
        </button>
      </p>
      {typeof found === "string" ? (
        <p class="notice bad" role="alert">
          {found}
        </p>
      ) : null}
      {found === null || typeof found === "string" ? null : (
        <>
          <p role="status">{sumOf(found, changes.length)}</p>
          <Listed changes={changes.slice(0, drawn)} columns={columns} />
          <More shown={drawn} of={changes.length} more={setDrawn} />
        </>
      )}
    </section>
  );
}

function isChange(line: Change | End): line is Change {
  return "change" in line;
}

function sumOf({ lines, isWhole }: Lines<Change | End>, changes: number): string {
  const end = lines.at(-1);
  if (!isWhole) return `The first ${changes} changes. All of them: lrq sweeps changes`;
  if (end === undefined || isChange(end)) return "The answer broke off; this is not all of it.";
  const { both, onlyInRound, onlyInAgainst, notComparable } = end.machines;
  const others = notComparable === 0 ? "" : `; ${notComparable} of them have other key columns`;
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
  if (changes.length === 0) return null;
  return (
    <Table caption="Changes" heads={["change", "machine", ...columns]}>
      {changes.map(({ change, row }, index) => (
        <tr key={index}>
          <td>
            <State of={change} />
          </td>
          <th scope="row">
            <a href={hrefs.machine(row.machineId)}>{row.machineName ?? row.machineId}</a>
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

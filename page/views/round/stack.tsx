import { useState } from "preact/hooks";
import type { StackView } from "../../../shared/workflow/view/rows/stack-rows.ts";
import { read } from "../../live/ask.ts";
import { useAsked } from "../../live/use-asked.ts";
import { Bar } from "../../parts/bar.tsx";
import { MachineLink } from "../../parts/machine-link.tsx";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { Refusal } from "../../parts/trouble.tsx";
import { columnsToStackBy } from "../../words/columns.ts";
import { Values } from "./values.tsx";

/** Values that are asked for: the rarest. */
const VALUES = 500;

interface Of {
  /** The path of the round. */
  readonly path: string;
  readonly columns: readonly string[];
}

/**
 * On how many machines each value of some columns is, the rarest first. It is asked for on demand:
 * whoever reads rows is in the log of the sweep.
 */
export function Stack({ path, columns }: Of) {
  const [by, setBy] = useState<readonly string[]>(() => columnsToStackBy(columns));
  const stack = useAsked(async () => {
    const query = new URLSearchParams({ by: by.join(","), limit: String(VALUES) });
    return await read<StackView>(`${path}/stack?${query.toString()}`);
  });
  const [drawn, setDrawn] = useState(ROWS);
  const count = async (): Promise<void> => {
    await stack.ask();
    setDrawn(ROWS);
  };
  const tick = (name: string, isIn: boolean): void => {
    setBy(columns.filter((each) => (each === name ? isIn : by.includes(each))));
  };
  return (
    <section>
      <h2>Stack</h2>
      <fieldset class="filters">
        <legend>On how many machines is each value of</legend>
        {columns.map((name) => (
          <label class="tick" key={name}>
            <input
              type="checkbox"
              checked={by.includes(name)}
              onInput={({ currentTarget }) => tick(name, currentTarget.checked)}
            />
            {name}
          </label>
        ))}
        <button type="button" disabled={stack.busy || by.length === 0} onClick={() => void count()}>
          {stack.busy ? "counting …" : "Count"}
        </button>
      </fieldset>
      <Refusal why={stack.trouble} />
      {stack.body === null ? null : (
        <>
          <p role="status">{sumOf(stack.body)}</p>
          <Counted stack={stack.body} drawn={drawn} />
          <More shown={drawn} of={stack.body.values.length} more={setDrawn} />
        </>
      )}
    </section>
  );
}

function sumOf({ distinct, machines, rows, partial, unreadable, values }: StackView): string {
  const all = distinct.atLeast ? `${distinct.count} or more` : String(distinct.count);
  const sum =
    `${all} values in ${rows} rows of ${machines} machines` +
    (partial === 0 ? "" : `, of ${partial} of them not all rows`) +
    (unreadable === 0 ? "" : `, and ${unreadable} more that could not be read`) +
    ", the rarest first";
  if (!distinct.atLeast && distinct.count === values.length) return `${sum}.`;
  return `${sum}; here are ${values.length}. All of them: lrq sweeps stack`;
}

function Counted({ stack, drawn }: { readonly stack: StackView; readonly drawn: number }) {
  const { by, values, machines } = stack;
  return (
    <Table caption="Values, the rarest first" heads={["machines", ...by, "for example"]}>
      {values.slice(0, drawn).map(({ machines: on, value, example }) => (
        <tr key={JSON.stringify(value)}>
          <th scope="row">
            <div class="figure">
              <span>
                {on} of {machines}
              </span>
              <Bar part={on} of={machines} />
            </div>
          </th>
          <Values of={value} columns={by} />
          <td data-head="for example">
            <MachineLink of={example} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

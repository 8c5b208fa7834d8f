import { useState } from "preact/hooks";
import type { StackView } from "../../../shared/workflow/view/rows/stack-rows.ts";
import { read, whyNot } from "../../live/ask.ts";
import { Bar } from "../../parts/bar.tsx";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { hrefs } from "../../route.ts";
import { CellText } from "../../words/cell.tsx";
import { columnsToStackBy } from "../../words/columns.ts";

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
  const [stack, setStack] = useState<StackView | string | null>(null);
  const [busy, setBusy] = useState(false);
  const [drawn, setDrawn] = useState(ROWS);
  const count = async (): Promise<void> => {
    setBusy(true);
    const query = new URLSearchParams({ by: by.join(","), limit: String(VALUES) });
    const answer = await read<StackView>(`${path}/stack?${query.toString()}`);
    setBusy(false);
    setDrawn(ROWS);
    setStack(answer.kind === "answered" ? answer.body : whyNot(answer));
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
        <button type="button" disabled={busy || by.length === 0} onClick={() => void count()}>
          {busy ? "counting …" : "Count"}
        </button>
      </fieldset>
      {typeof stack === "string" ? (
        <p class="notice bad" role="alert">
          {stack}
        </p>
      ) : null}
      {stack === null || typeof stack === "string" ? null : (
        <>
          <p role="status">{sumOf(stack)}</p>
          <Values stack={stack} drawn={drawn} />
          <More shown={drawn} of={stack.values.length} more={setDrawn} />
        </>
      )}
    </section>
  );
}

function sumOf({ distinct, machines, rows, values }: StackView): string {
  const all = distinct.atLeast ? `${distinct.count} or more` : String(distinct.count);
  const sum = `${all} values in ${rows} rows of ${machines} machines, the rarest first`;
  if (!distinct.atLeast && distinct.count === values.length) return `${sum}.`;
  return `${sum}; here are ${values.length}. All of them: lrq sweeps stack`;
}

function Values({ stack, drawn }: { readonly stack: StackView; readonly drawn: number }) {
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
          {by.map((name) => (
            <td key={name} data-head={name}>
              <CellText value={value[name]} />
            </td>
          ))}
          <td data-head="for example">
            <a href={hrefs.machine(example.machineId)}>
              {example.machineName ?? example.machineId}
            </a>
          </td>
        </tr>
      ))}
    </Table>
  );
}

import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { readLines, type Lines } from "../../live/ask.ts";
import { useAsked } from "../../live/use-asked.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Refusal } from "../../parts/trouble.tsx";

/** More lines than a person reads; the command line has all of them. */
const READ_MOST = 500;

interface Of<Line, Row> {
  readonly heading: string;
  readonly about: string;
  /** What the button says first, and once there is an answer. */
  readonly asks: readonly [string, string];
  readonly path: string;
  readonly rowsOf: (found: Lines<Line>) => readonly Row[];
  /** What was found, in a sentence. */
  readonly sumOf: (found: Lines<Line>) => string;
  readonly table: (rows: readonly Row[]) => ComponentChildren;
}

/** What machines said, on demand: whoever reads rows is in the log of the sweep. */
export function OnDemand<Line, Row>(of: Of<Line, Row>) {
  const { heading, about, asks, path, rowsOf, sumOf, table } = of;
  const found = useAsked(async () => await readLines<Line>(path, READ_MOST));
  const [drawn, setDrawn] = useState(ROWS);
  const isFirst = found.body === null && found.trouble === null;
  const rows = found.body === null ? [] : rowsOf(found.body);
  const look = async (): Promise<void> => {
    await found.ask();
    setDrawn(ROWS);
  };
  return (
    <section>
      <h2>{heading}</h2>
      <p class="line">
        {about}
        <button type="button" onClick={() => void look()}>
          {isFirst ? asks[0] : asks[1]}
        </button>
      </p>
      <Refusal why={found.trouble} />
      {found.body === null ? null : (
        <>
          <p role="status">{sumOf(found.body)}</p>
          {rows.length === 0 ? null : table(rows.slice(0, drawn))}
          <More shown={drawn} of={rows.length} more={setDrawn} />
        </>
      )}
    </section>
  );
}

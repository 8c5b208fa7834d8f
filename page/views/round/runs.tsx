import { useState } from "preact/hooks";
import { More, ROWS } from "../../parts/more.tsx";
import { hrefs } from "../../route.ts";

/** The runs that the batches of a round are; each has its own evidence and custody chain. */
export function Runs({ runs }: { readonly runs: readonly string[] }) {
  const [shown, setShown] = useState(ROWS);
  return (
    <section>
      <h2>Runs</h2>
      <p class="batches">
        {runs.length === 0 ? "Nothing has been sent yet." : "Batch "}
        {runs.slice(0, shown).map((runId, index) => (
          <a key={runId} href={hrefs.run(runId)} aria-label={`The run of batch ${index + 1}`}>
            {index + 1}
          </a>
        ))}
      </p>
      <More shown={shown} of={runs.length} more={setShown} />
    </section>
  );
}

import { useState } from "preact/hooks";
import { checkChain, type Checked } from "../../custody/check-chain.ts";
import { read, whyNot } from "../../live/ask.ts";

interface Manifest {
  readonly head: string;
  readonly entries: readonly Readonly<Record<string, unknown>>[];
}

/** Checks the custody chain here, so that nobody has to believe the app. */
export function Custody({ runId, stored }: { readonly runId: string; readonly stored: number }) {
  const [found, setFound] = useState<Checked | string | null>(null);
  if (stored === 0) return null;
  const check = async (): Promise<void> => {
    setFound("computing …");
    const answer = await read<Manifest>(`runs/${encodeURIComponent(runId)}/manifest`);
    if (answer.kind === "answered") {
      setFound(await checkChain(answer.body.entries, answer.body.head));
    } else {
      setFound(whyNot(answer));
    }
  };
  return (
    <section>
      <h2>Custody</h2>
      <p class="line">
        Each result has an entry in a chain of hashes.
        <button type="button" onClick={() => void check()}>
          Compute the chain again
        </button>
      </p>
      <div aria-live="polite">
        {found === null ? null : typeof found === "string" ? <p>{found}</p> : <Found of={found} />}
      </div>
    </section>
  );
}

function Found({ of }: { readonly of: Checked }) {
  if (of.kind === "broken") {
    return (
      <p class="notice bad" role="alert">
        The chain is broken at entry {of.number}: {of.why}. Export the run and keep it: lrq export
      </p>
    );
  }
  return (
    <p class="notice well">
      The chain holds: {of.entries} entries, computed in this browser. Its head is{" "}
      <code class="hash">{of.head}</code>. Only a head that was kept elsewhere shows that nothing
      was cut off.
    </p>
  );
}

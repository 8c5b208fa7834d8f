import type { SweepPreview } from "../../shared/workflow/sweep/preview-sweep.ts";

/** What the query of a sweep came to, as a term of a list; nothing if it has none. */
export function QueryInWords({ of }: { readonly of: SweepPreview["query"] }) {
  if (of === null) return null;
  const { named, odd, notListed } = of;
  const missing =
    notListed === null ? "" : `; ${notListed} of them are not in Defender's list of machines`;
  const nobody = odd === 0 ? "" : `; ${odd} rows of its answer name none`;
  return (
    <>
      <dt>query</dt>
      <dd>{`names ${named} machines${missing}${nobody}`}</dd>
    </>
  );
}

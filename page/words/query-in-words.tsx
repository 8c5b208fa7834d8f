import type { SweepPreview } from "../../shared/workflow/sweep/preview-sweep.ts";

/** What the query of a sweep came to. */
export function QueryInWords({ of }: { readonly of: NonNullable<SweepPreview["query"]> }) {
  const { named, odd, notListed } = of;
  const missing =
    notListed === null ? "" : `; ${notListed} of them are not in Defender's list of machines`;
  const nobody = odd === 0 ? "" : `; ${odd} rows of its answer name none`;
  return <>{`names ${named} machines${missing}${nobody}`}</>;
}

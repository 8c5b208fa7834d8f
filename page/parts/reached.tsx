import { share } from "../words/share.ts";
import { Bar } from "./bar.tsx";

/** How many machines of a round were reached, in words and as a bar. */
export function Reached({
  reached,
  targeted,
  short = false,
}: {
  readonly reached: number;
  readonly targeted: number;
  /** True if it is less than the definition wants. */
  readonly short?: boolean;
}) {
  return (
    <div class="figure">
      <span>
        {reached} of {targeted}, {share(reached, targeted)}
        {short ? <strong class="state bad"> too few</strong> : null}
      </span>
      <Bar part={reached} of={targeted} />
    </div>
  );
}

import type { Definition } from "../../../shared/sweep/definition.ts";
import { clausesOf } from "../../words/definition.ts";

/** A definition in plain words. */
export function InWords({ definition }: { readonly definition: Definition }) {
  return (
    <section>
      <h2>What it does</h2>
      <dl class="facts">
        {clausesOf(definition).flatMap(({ about, says }, index) => [
          <dt key={`${index}?`}>{about}</dt>,
          <dd key={index}>
            {says.map((each) => (
              <p key={each}>{each}</p>
            ))}
          </dd>,
        ])}
      </dl>
    </section>
  );
}

import type { AttentionView } from "../../shared/workflow/view/describe-attention.ts";
import { Ago } from "../words/instant.tsx";
import { hrefs } from "../route.ts";
import { Step } from "../words/step.tsx";

/** What wants a person, the most urgent first. */
export function NeedsYou({ items }: AttentionView) {
  return (
    <section aria-live="polite">
      <h2>Needs you</h2>
      {items.length === 0 ? <p>Nothing needs you.</p> : null}
      <ul class="items">
        {items.map((item) => (
          <Item key={`${item.code} ${item.runId} ${item.machineId}`} item={item} />
        ))}
      </ul>
    </section>
  );
}

function Item({ item }: { readonly item: AttentionView["items"][number] }) {
  const { code, detail, nextStep, since, until, count, runId, title, machineId } = item;
  return (
    <li>
      <p>
        <code>{code}</code>
        {count === null || count === 1 ? null : <strong> {count} times</strong>}
        {runId === null ? null : (
          <>
            {" "}
            <a href={hrefs.run(runId)}>{title ?? runId}</a>
          </>
        )}
        {since === null ? null : (
          <>
            {", "}
            <Ago at={since} />
          </>
        )}
        {until === null ? null : (
          <strong>
            {", until "}
            <Ago at={until} />
          </strong>
        )}
      </p>
      <p>
        {detail}
        {machineId === null ? null : (
          <>
            {", last on "}
            <a href={hrefs.machine(machineId)}>{item.machineName ?? "a machine"}</a>{" "}
            <code>{machineId}</code>
          </>
        )}
      </p>
      {nextStep === null ? null : <Step of={nextStep.step} />}
    </li>
  );
}

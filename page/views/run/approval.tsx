import type { RunView, SequenceView } from "../../../shared/workflow/view/run-view.ts";
import { act } from "../../live/ask.ts";
import { Action } from "../../parts/action.tsx";
import { Ago } from "../../words/instant.tsx";

/** Approves exactly the plan that it shows: the app refuses the hash of another one. */
export function Approval({ run, again }: { readonly run: RunView; readonly again: () => void }) {
  const { approval, sequences } = run;
  if (approval === null) return null;
  const { planHash, needed, given, mayApprove, expiresAt, reasons } = approval;
  const whys = new Map(reasons.map(({ sequenceId, why }) => [sequenceId, why]));
  const waiting = sequences.filter(({ waits }) => waits?.code === "approval");
  const path = `runs/${encodeURIComponent(run.runId)}/approve`;
  return (
    <Action name="Approve" does={async () => await act(path, { planHash })} done={again}>
      <p>
        {given.length} of {needed} approvals are given
        {given.length === 0 ? "" : `, by ${given.map(({ by }) => by).join(", ")}`}; it must be
        approved <Ago at={expiresAt} />. {run.requestedBy} asked for it. These may approve it:{" "}
        {mayApprove.length === 0 ? "nobody" : mayApprove.join(", ")}.
      </p>
      <ul class="plan">
        {waiting.map((each) => (
          <Planned key={each.sequenceId} sequence={each} why={whys.get(each.sequenceId)} />
        ))}
      </ul>
      <p>
        The plan's hash: <code>{planHash}</code>
      </p>
    </Action>
  );
}

function Planned({
  sequence,
  why,
}: {
  readonly sequence: SequenceView;
  readonly why: string | undefined;
}) {
  const { machineId, machineName, profile, commands, machineFacts } = sequence;
  const tags = machineFacts?.tags ?? [];
  return (
    <li>
      <strong>{machineName ?? machineId}</strong> {machineFacts?.platform}{" "}
      {tags.length === 0 ? null : `(${tags.join(", ")})`} — {profile.name} {profile.version}
      {why === undefined ? null : <p>Why: {why}</p>}
      <ol>
        {commands.map(({ index, type, target }) => (
          <li key={index}>
            {type} <code>{target}</code>
          </li>
        ))}
      </ol>
    </li>
  );
}

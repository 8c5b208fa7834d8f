import { useState } from "preact/hooks";
import type { CommandView, RunView, SequenceView } from "../../../shared/workflow/view/run-view.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { Ago, Instant } from "../../words/instant.tsx";
import { Step } from "../../words/step.tsx";
import { State } from "../../words/state.tsx";
import { SequenceActions } from "./sequence-actions.tsx";
import { MachineLink } from "../../parts/machine-link.tsx";

type Wanted = "all" | "open" | "failed";

/** The machines of a run by its commands: where each is, why it waits, and what to do. */
export function Machines({ run, again }: { readonly run: RunView; readonly again: () => void }) {
  const [wanted, setWanted] = useState<Wanted>("all");
  const [rows, setRows] = useState(ROWS);
  const chosen = run.sequences.filter((each) => isWanted(each, wanted));
  return (
    <section>
      <h2>Machines</h2>
      <div class="line" role="group" aria-label="Which machines">
        {(["all", "open", "failed"] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === wanted}
            onClick={() => {
              setWanted(each);
              setRows(ROWS);
            }}
          >
            {each} {run.sequences.filter((one) => isWanted(one, each)).length}
          </button>
        ))}
      </div>
      {chosen.length === 0 ? (
        <p>There is none.</p>
      ) : (
        <Table
          caption="Machines of the run"
          heads={["machine", "state", "commands", "why, and what next"]}
        >
          {chosen.slice(0, rows).map((each) => (
            <Row key={each.sequenceId} sequence={each} again={again} />
          ))}
        </Table>
      )}
      <More shown={rows} of={chosen.length} more={setRows} />
    </section>
  );
}

function isWanted({ nextStep, endedAt }: SequenceView, wanted: Wanted): boolean {
  if (wanted === "open") return endedAt === null;
  return wanted === "all" || (endedAt !== null && nextStep?.needsPerson === true);
}

function Row({ sequence, again }: { readonly sequence: SequenceView; readonly again: () => void }) {
  const { machineId, machineName, machineFacts, profile, state, commands } = sequence;
  return (
    <tr>
      <th scope="row">
        <MachineLink of={{ machineId, machineName }} />
        <br />
        <small>
          {profile.name} {profile.version}
          {typeof machineFacts?.group === "string" ? `, ${machineFacts.group}` : ""}
        </small>
      </th>
      <td>
        <State of={state} />
        <br />
        <small>
          <Ago at={sequence.endedAt ?? sequence.submittedAt ?? sequence.acceptedAt} />
        </small>
      </td>
      <td>
        <Commands commands={commands} />
      </td>
      <td>
        <Why sequence={sequence} />
        <SequenceActions sequence={sequence} again={again} />
      </td>
    </tr>
  );
}

function Why({ sequence }: { readonly sequence: SequenceView }) {
  const { waits, outcome, nextStep } = sequence;
  const said = waits ?? outcome;
  return (
    <>
      {said === null ? null : <p>{said.detail}</p>}
      {sequence.machineActionStatus !== "Pending" || sequence.endedAt !== null ? null : (
        <p>Pending at Defender: it begins when the machine is online and answers.</p>
      )}
      {typeof waits?.position !== "number" ? null : (
        <p>
          Number {waits.position} in its line, about <Instant at={waits.estimatedStart} />.
        </p>
      )}
      {nextStep === null || said?.detail.includes(nextStep.step) === true ? null : (
        <Step of={nextStep.step} calm={!nextStep.needsPerson} />
      )}
      {sequence.retryOf === null ? null : <p>It runs another sequence of this machine again.</p>}
      {sequence.retriedBy === null ? null : <p>Another sequence ran it again.</p>}
      {sequence.doneTwice ? <Step of="A part of it may have run twice." /> : null}
      {sequence.impersonations.length === 0 ? null : (
        <Step of="Somebody else's action has a mark of it; ask the requestor." />
      )}
    </>
  );
}

function Commands({ commands }: { readonly commands: readonly CommandView[] }) {
  return (
    <ol class="commands">
      {commands.map((command) => (
        <li key={command.index}>
          <Command command={command} />
        </li>
      ))}
    </ol>
  );
}

function Command({ command }: { readonly command: CommandView }) {
  const { type, target, status, errors, result } = command;
  const words = [...errors, result?.scriptErrors, result?.output].filter(
    (text): text is string => typeof text === "string" && text.trim() !== "",
  );
  const head = (
    <>
      <State of={result?.scriptFailed === true ? "failed" : status} /> {type} <code>{target}</code>
      {result === null || result.state === "stored" ? null : (
        <>
          {", result "}
          <State of={result.state} />
        </>
      )}
    </>
  );
  if (words.length === 0) return head;
  return (
    <details>
      <summary>{head}</summary>
      {words.map((text, index) => (
        <pre key={index}>{text}</pre>
      ))}
    </details>
  );
}

import { useState } from "preact/hooks";
import type { WaitView } from "../../shared/workflow/view/run-view.ts";
import { read } from "../live/ask.ts";
import { useLive } from "../live/use-live.ts";
import { Table } from "../parts/table.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { hrefs } from "../route.ts";
import { Instant } from "../words/instant.tsx";
import { State } from "../words/state.tsx";

interface MachineSequences {
  readonly machine: { readonly machineId: string; readonly machineName: string | null };
  readonly sequences: readonly {
    readonly runId: string;
    readonly source: string;
    readonly incidentId: string;
    readonly title: string;
    readonly sequenceId: string;
    readonly requestedBy: string;
    readonly profile: { readonly name: string; readonly version: number };
    readonly state: string;
    readonly acceptedAt: string;
    readonly endedAt: string | null;
    readonly outcome: { readonly code: string; readonly detail: string } | null;
    readonly waits: WaitView | null;
  }[];
  readonly next: string | null;
}

/** Everything lrq did on one machine, and will do. */
export function Machine({ machine }: { readonly machine: string | null }) {
  return (
    <>
      <h1>Machine</h1>
      <Search machine={machine} />
      {machine === null ? null : <Sequences key={machine} machine={machine} />}
    </>
  );
}

/** Each once, as it was read last: what waits may go on while older ones are looked at. */
function merged(
  latest: MachineSequences["sequences"],
  older: MachineSequences["sequences"],
): MachineSequences["sequences"] {
  const ids = new Set(latest.map(({ sequenceId }) => sequenceId));
  return [...latest, ...older.filter(({ sequenceId }) => !ids.has(sequenceId))];
}

function show(event: SubmitEvent): void {
  event.preventDefault();
  const { currentTarget } = event;
  if (!(currentTarget instanceof HTMLFormElement)) return;
  const asked = new FormData(currentTarget).get("machine");
  if (typeof asked === "string" && asked.trim() !== "") {
    location.hash = hrefs.machine(asked.trim());
  }
}

function Search({ machine }: { readonly machine: string | null }) {
  return (
    <form class="filters" onSubmit={show}>
      <label>
        Name or id
        <input name="machine" defaultValue={machine ?? ""} size={40} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

function Sequences({ machine }: { readonly machine: string }) {
  const path = `machines/${encodeURIComponent(machine)}/sequences`;
  const live = useLive<MachineSequences>(path);
  const { body } = live;
  const [older, setOlder] = useState<MachineSequences["sequences"]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const cursor = next === undefined ? (body?.next ?? null) : next;
  const more = async (): Promise<void> => {
    const answer = await read<MachineSequences>(
      `${path}?cursor=${encodeURIComponent(cursor ?? "")}`,
    );
    if (answer.kind !== "answered") return;
    setOlder([...older, ...answer.body.sequences]);
    setNext(answer.body.next);
  };
  return (
    <>
      <Trouble of={live} />
      {body === null ? null : (
        <>
          <p>
            <strong>{body.machine.machineName ?? "no name"}</strong>{" "}
            <code>{body.machine.machineId}</code>
          </p>
          <Table
            caption="Sequences of the machine, newest first"
            heads={["accepted", "run", "profile", "state", "why"]}
          >
            {merged(body.sequences, older).map((each) => (
              <tr key={each.sequenceId}>
                <td>
                  <Instant at={each.acceptedAt} />
                </td>
                <th scope="row">
                  <a href={hrefs.run(each.runId)}>{each.title}</a>
                  <br />
                  <small>
                    {each.source}:{each.incidentId}, by {each.requestedBy}
                  </small>
                </th>
                <td>
                  {each.profile.name} {each.profile.version}
                </td>
                <td>
                  <State of={each.state} />
                </td>
                <td>{each.waits?.detail ?? each.outcome?.detail}</td>
              </tr>
            ))}
          </Table>
          {cursor === null ? null : (
            <button type="button" onClick={() => void more()}>
              Older
            </button>
          )}
        </>
      )}
    </>
  );
}

import { useState } from "preact/hooks";
import { read, readBytes, whyNot } from "../../live/ask.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { bytes } from "../../words/bytes.ts";
import { Refusal } from "../../parts/trouble.tsx";

/** A stored result, as `GET runs/{runId}/evidence` says it. */
interface Stored {
  readonly sequenceId: string;
  readonly index: number;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly type: string;
  readonly servedName: string | null;
  readonly size: number;
  readonly sha256: string;
}

interface StoredResults {
  readonly evidence: readonly Stored[];
}

/** A browser holds what it saves in memory; larger results are for `lrq evidence`. */
const SAVED_MOST = 200 * 2 ** 20;

/**
 * What is stored of the run. It is asked for on demand: whoever reads evidence is in the audit log.
 */
export function Evidence({ runId, stored }: { readonly runId: string; readonly stored: number }) {
  const [list, setList] = useState<StoredResults | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [machine, setMachine] = useState("");
  const [rows, setRows] = useState(ROWS);
  const wanted = (list?.evidence ?? []).filter((each) => isOf(each, machine));
  const choose = (text: string): void => {
    setMachine(text);
    setRows(ROWS);
  };
  const path = `runs/${encodeURIComponent(runId)}/evidence`;
  const look = async (): Promise<void> => {
    const answer = await read<StoredResults>(path);
    if (answer.kind === "answered") setList(answer.body);
    setTrouble(answer.kind === "answered" ? null : whyNot(answer));
  };
  const save = async (each: Stored): Promise<void> => {
    const of = `${path}/${encodeURIComponent(each.sequenceId)}/${each.index}`;
    const answer = await readBytes(of);
    if (answer.kind === "answered") saveAs(answer.body, `${each.sha256.slice(0, 16)}.bin`);
    else setTrouble(whyNot(answer));
  };
  return (
    <section>
      <h2>Evidence</h2>
      <p class="line">
        {stored} results are stored.
        {stored === 0 ? null : (
          <button type="button" onClick={() => void look()}>
            {list === null ? "List them" : "List them again"}
          </button>
        )}
      </p>
      <Refusal why={trouble} />
      {list === null ? null : (
        <>
          <label>
            Machine{" "}
            <input value={machine} onInput={({ currentTarget }) => choose(currentTarget.value)} />
          </label>
          <Table caption="Stored results" heads={["machine", "served as", "size", "SHA-256", ""]}>
            {wanted.slice(0, rows).map((each) => (
              <tr key={`${each.sequenceId} ${each.index}`}>
                <th scope="row">{each.machineName ?? each.machineId}</th>
                <td>
                  {each.servedName ?? "no name"}
                  <br />
                  <small>{each.type}</small>
                </td>
                <td>{bytes(each.size)}</td>
                <td>
                  <code class="hash">{each.sha256}</code>
                </td>
                <td>
                  {each.size > SAVED_MOST ? (
                    <small>too large for a browser; use lrq evidence</small>
                  ) : (
                    <button type="button" onClick={() => void save(each)}>
                      Save
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
          <More shown={rows} of={wanted.length} more={setRows} />
        </>
      )}
    </section>
  );
}

/** True if the name of the machine has this in it, or its id is this. */
function isOf({ machineId, machineName }: Stored, machine: string): boolean {
  const asked = machine.trim().toLowerCase();
  return machineId === asked || (machineName ?? machineId).toLowerCase().includes(asked);
}

/** Under a name of ours: the name that a machine chose could be one that a system opens. */
function saveAs(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

import { useEffect, useState } from "preact/hooks";
import type { CoveragePage } from "../../../shared/workflow/view/list-coverage.ts";
import type { RoundView } from "../../../shared/workflow/view/describe-round.ts";
import { read, whyNot } from "../../live/ask.ts";
import { More, ROWS } from "../../parts/more.tsx";
import { Table } from "../../parts/table.tsx";
import { Ago } from "../../words/instant.tsx";
import { State } from "../../words/state.tsx";
import { Refusal } from "../../parts/trouble.tsx";
import { MachineLink } from "../../parts/machine-link.tsx";

/** Pages of a thousand machines that one look goes through, if few of them were missed. */
const LOOKS = 20;
const DAY_MS = 86_400_000;
const HEADS = ["machine", "reached", "its last round", "why"] as const;

type Since = "round" | "7 days" | "30 days" | "ever";
type Found = readonly CoveragePage["machines"][number][];

interface Of {
  /** The path of the sweep. */
  readonly path: string;
  /** The newest round that is over, or that there is; null before the first. */
  readonly latest: RoundView | null;
}

/**
 * The machines that were not reached, and why. They are read when somebody asks, so that nothing
 * moves while a round goes on.
 */
export function Coverage({ path, latest }: Of) {
  const [since, setSince] = useState<Since>("round");
  const [round, setRound] = useState(latest);
  const [found, setFound] = useState<Found | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [drawn, setDrawn] = useState(ROWS);
  const look = async (asked: Asked, from: string | null, before: Found): Promise<void> => {
    const query = { notSince: instantOf(asked) };
    const machines = [...before];
    let cursor = from;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const text = new URLSearchParams(cursor === null ? query : { ...query, cursor }).toString();
      const answer = await read<CoveragePage>(`${path}/coverage?${text}`);
      setTrouble(answer.kind === "answered" ? null : whyNot(answer));
      if (answer.kind !== "answered") return;
      machines.push(...answer.body.machines);
      cursor = answer.body.next;
      if (cursor === null || machines.length >= before.length + ROWS) break;
    }
    setFound(machines);
    setNext(cursor);
  };
  const choose = (wanted: Since): void => {
    setSince(wanted);
    setRound(latest);
    setDrawn(ROWS);
    void look({ since: wanted, round: latest }, null, []);
  };
  const isThere = latest !== null;
  useEffect(() => {
    if (isThere) choose("round");
  }, [isThere]);
  if (latest === null) return null;
  return (
    <section>
      <h2>Machines not reached</h2>
      <Choice since={since} round={(round ?? latest).round} choose={choose} />
      <Refusal why={trouble} />
      {found === null ? null : <Machines found={found.slice(0, drawn)} />}
      <More shown={drawn} of={found?.length ?? 0} more={setDrawn} />
      {found !== null && next !== null && drawn >= found.length ? (
        <button
          type="button"
          onClick={() =>
            void look({ since, round }, next, found).then(() => setDrawn(drawn + ROWS))
          }
        >
          Look further
        </button>
      ) : null}
    </section>
  );
}

interface Asked {
  readonly since: Since;
  readonly round: RoundView | null;
}

function instantOf({ since, round }: Asked): string {
  if (since === "ever") return new Date(0).toISOString().replace("00.000Z", "01.000Z");
  if (since === "round") return round?.startedAt ?? new Date().toISOString();
  return new Date(Date.now() - Number.parseInt(since, 10) * DAY_MS).toISOString();
}

function Choice({
  since,
  round,
  choose,
}: {
  readonly since: Since;
  readonly round: number;
  readonly choose: (wanted: Since) => void;
}) {
  return (
    <div class="line" role="group" aria-label="Not reached since when">
      {(["round", "7 days", "30 days", "ever"] as const).map((each) => (
        <button key={each} type="button" aria-pressed={each === since} onClick={() => choose(each)}>
          {each === "round" ? `since round ${round} began` : each === "ever" ? each : `in ${each}`}
        </button>
      ))}
    </div>
  );
}

function Machines({ found }: { readonly found: Found }) {
  if (found.length === 0) {
    return (
      <p role="status">
        The sweep has reached every machine of those that it has sent. What an open round has still
        to send is not among them.
      </p>
    );
  }
  return (
    <Table caption="Machines that were not reached" heads={HEADS}>
      {found.map(({ machineId, machineName, reached, last }) => (
        <tr key={machineId}>
          <th scope="row">
            <MachineLink of={{ machineId, machineName }} />
          </th>
          <td data-head={HEADS[1]}>
            {reached === null ? <span class="none">never</span> : <Ago at={reached.at} />}
          </td>
          <td data-head={HEADS[2]}>
            round {last.round}: <State of={last.state} />
          </td>
          <td>{last.detail}</td>
        </tr>
      ))}
    </Table>
  );
}

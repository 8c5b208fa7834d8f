import { useState } from "preact/hooks";
import type { StatusView } from "../../shared/workflow/view/describe-status.ts";
import type { NowView } from "../../shared/workflow/view/describe-now.ts";
import { act } from "../live/ask.ts";
import { useLive } from "../live/use-live.ts";
import { Action } from "../parts/action.tsx";
import { Cells, type Cell } from "../parts/cells.tsx";
import { Table } from "../parts/table.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Ago, Instant, lengthBetween } from "../words/instant.tsx";
import { NeedsYou } from "./needs-you.tsx";

const LANES = ["urgent", "incidents", "tickets", "sweeps", "offline, again"] as const;

/** What the queue does now: whether it may go, what it may use, what waits, and who is needed. */
export function Now() {
  const live = useLive<NowView>("now");
  const { body, again } = live;
  return (
    <>
      <h1>Now</h1>
      <Trouble of={live} />
      {body === null ? null : (
        <>
          <Stops status={body.status} again={again} />
          <NeedsYou items={body.attention.items} />
          <div class="two">
            <Calls status={body.status} />
            <Sessions status={body.status} />
          </div>
          <Lanes status={body.status} />
        </>
      )}
    </>
  );
}

/** Counts stop at 1,000. */
function text({ count, atLeast }: { readonly count: number; readonly atLeast: boolean }): string {
  return atLeast ? `${count} or more` : String(count);
}

type Told = { readonly status: StatusView };

/** What stops the whole queue, and what a person can do about it. */
function Stops({ status, again }: Told & { readonly again: () => void }) {
  const { paused, lockedOut, next } = status;
  return (
    <>
      {paused === null ? null : (
        <div class="notice bad" role="status">
          <strong>Paused</strong> by {paused.by} <Ago at={paused.at} />: {paused.why}
        </div>
      )}
      {lockedOut === null ? null : (
        <div class="notice bad" role="status">
          <strong>Defender refuses lrq</strong> ({lockedOut.call}) since{" "}
          <Ago at={lockedOut.since} />: {lockedOut.detail} <em>{lockedOut.remedy}</em>
        </div>
      )}
      <p class="line">
        <span>
          The queue: <strong>{GOES[next.kind] ?? next.kind}</strong>
          {next.at === null ? null : (
            <>
              {", "}
              <Ago at={next.at} />
            </>
          )}
        </span>
        {paused === null ? <Pause again={again} /> : <Resume again={again} />}
      </p>
    </>
  );
}

/** A session of lrq in words, for its cell. */
function wordsFor(session: StatusView["sessions"]["open"][number] | undefined): string {
  if (session === undefined) return "a session of lrq";
  const { machineId, machineName, since, status, begun, commands } = session;
  const of = commands === null ? "" : `, command ${begun} of ${commands}`;
  const length = since === null ? "" : `, ${lengthBetween(Date.parse(since), Date.now())}`;
  return `${machineName ?? machineId ?? "another team's machine"}: ${status ?? "not listed yet"}${of}${length}`;
}

/** What `next.kind` of the status means. */
const GOES: Readonly<Record<string, string>> = {
  go: "goes",
  wait: "waits for a call",
  full: "waits for a session",
  unwatched: "waits for a list of Defender's",
  lockedOut: "is locked out, and tries again",
  paused: "is paused",
  setAside: "cannot be read by this version",
};

function Pause({ again }: { readonly again: () => void }) {
  const [why, setWhy] = useState("");
  return (
    <Action
      name="Pause"
      danger
      ready={why.trim() !== ""}
      does={async () => await act("pause", { reason: why })}
      done={again}
    >
      <p>Nothing more is submitted until somebody resumes. What is at Defender goes on.</p>
      <label>
        Why? It is in the audit log.
        <input value={why} onInput={({ currentTarget }) => setWhy(currentTarget.value)} />
      </label>
    </Action>
  );
}

function Resume({ again }: { readonly again: () => void }) {
  return (
    <Action name="Resume" does={async () => await act("resume")} done={again}>
      <p>What waits goes on, the next in the line first.</p>
    </Action>
  );
}

function Calls({ status: { calls, last429At, othersUseTheQuota } }: Told) {
  const used = calls.used ?? 0;
  const cells = Array.from({ length: calls.limit }, (_, index): Cell => {
    const isUsed = index < used;
    return { look: isUsed ? "used" : "free", says: isUsed ? "used" : "free" };
  });
  const sum = `${calls.used ?? "?"} of ${calls.limit} calls used in ${calls.windowSeconds} s`;
  return (
    <section>
      <h2>Calls</h2>
      <Cells cells={cells} sum={sum} />
      <p>
        {sum}
        {last429At === null ? null : (
          <>
            . Defender last asked to wait <Ago at={last429At} />
          </>
        )}
        {othersUseTheQuota ? ". Another program seems to use them too" : ""}.
      </p>
    </section>
  );
}

function Sessions({ status: { sessions } }: Told) {
  const ours = sessions.ours ?? 0;
  const foreign = sessions.foreign ?? 0;
  const cap = sessions.cap ?? sessions.setting;
  const cells = Array.from({ length: sessions.setting }, (_, index): Cell => {
    if (index < ours) return { look: "used", says: wordsFor(sessions.open[index]) };
    if (index < ours + foreign) return { look: "foreign", says: "somebody else's session" };
    return index < cap + foreign
      ? { look: "free", says: "free" }
      : { look: "kept", says: "lrq leaves it free now" };
  });
  const sum = `${ours} of lrq and ${foreign} of others, of ${sessions.setting} sessions`;
  return (
    <section>
      <h2>Sessions</h2>
      <Cells cells={cells} sum={sum} />
      <p>{sum}.</p>
    </section>
  );
}

function Lanes({ status: { waiting, parked, results, callbacks } }: Told) {
  return (
    <section>
      <h2>What waits</h2>
      <Table caption="What waits in each lane" heads={["lane", "ready", "oldest accepted"]}>
        {waiting.map((lane) => (
          <tr key={lane.lane}>
            <th scope="row">{LANES[lane.lane] ?? lane.lane}</th>
            <td>{text(lane)}</td>
            <td>
              <Instant at={lane.oldestAcceptedAt} />
            </td>
          </tr>
        ))}
      </Table>
      <p>
        {text(parked)} wait for a time, {text(results.owed)} results are owed,{" "}
        {callbacks.pending.count} callbacks are on their way.
      </p>
    </section>
  );
}

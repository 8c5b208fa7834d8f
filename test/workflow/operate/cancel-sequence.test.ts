import { describe, expect, it } from "vitest";
import { auditOf, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { sequenceSchema } from "../../../shared/ledger/sequence/sequence.ts";
import { reachSequence } from "../../../shared/store/reach-sequence.ts";
import {
  cancelSequence,
  previewCancelOf,
} from "../../../shared/workflow/operate/cancel-sequence.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const CHIEF = ofEveryTeam("chief");

/** A run with so many machines; more than four are in an intake row. */
async function accepted(machines: number) {
  const accepting = startAccepting();
  const numbers = Array.from({ length: machines }, (_, at) => at + 1);
  const came = await accepting.accept("1", numbers);
  if (came.kind !== "accepted") throw new Error(`it is ${came.kind}`);
  const ids = came.sequences.map(({ sequenceId }) => sequenceId);
  const reached = async (sequenceId: string) => {
    const one = await reachSequence(accepting.ledger, CHIEF, sequenceId);
    if (one === null) throw new Error(`${sequenceId} is out of reach`);
    return one;
  };
  const cancel = async (sequenceId: string) =>
    await cancelSequence(accepting.ports, someLimits(), await reached(sequenceId), "ann");
  const states = async () =>
    (await accepting.unfolded()).map(({ sequenceId, state }) => [sequenceId, state]);
  return { ...accepting, runId: came.run.runId, ids, reached, cancel, states };
}

const NONE = { ended: 0, asked: 0, alreadyOver: 0, setAside: 0 };

describe("the cancel of one sequence", () => {
  it.each([3, 8])("ends it, and no other of the %i of its run", async (machines) => {
    const { cancel, ids, states } = await accepted(machines);
    const [first = ""] = ids;
    expect(await cancel(first)).toEqual({ ...NONE, ended: 1 });
    const wanted = ids.map((id) => [id, id === first ? "cancelled" : "waiting"]);
    expect(new Set(await states())).toEqual(new Set(wanted));
  });

  it("is in the log of the run, with the sequence and who asked", async () => {
    const { cancel, ids, ledger, runId } = await accepted(2);
    await cancel(ids[0] ?? "");
    const { from, before } = auditOf(runId);
    const events = (await ledger.list(from, before, 100)).map(({ body }) => body);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "cancelAsked",
        by: "ann",
        sequences: [{ sequenceId: ids[0], machineActionId: null }],
      }),
    );
  });

  it("can be asked for twice, and says before what it would do", async () => {
    const { cancel, ids, reached } = await accepted(2);
    const [first = ""] = ids;
    expect(previewCancelOf(await reached(first))).toEqual({ ...NONE, ended: 1 });
    await cancel(first);
    expect(previewCancelOf(await reached(first))).toEqual({ ...NONE, alreadyOver: 1 });
    expect(await cancel(first)).toEqual({ ...NONE, alreadyOver: 1 });
  });

  it("of one at Defender only asks for it, and leaves it to the next poll", async () => {
    const { ids, ledger, cancel, reached } = await accepted(1);
    const [first = ""] = ids;
    const row = await ledger.read(sequenceKey(first));
    const { place: _, ...rest } = sequenceSchema.parse(row?.body);
    const body = { ...rest, place: null, state: "submitted", actionId: "a", attempt: 1 };
    const { from, before } = { from: "ready!", before: 'ready"' };
    const [ready] = await ledger.list(from, before, 1);
    await ledger.commit([
      { op: "replace", key: sequenceKey(first), body, etag: row?.etag ?? "" },
      { op: "delete", key: ready?.key ?? "", etag: "*" },
    ]);
    expect(previewCancelOf(await reached(first))).toEqual({ ...NONE, asked: 1 });
    expect(await cancel(first)).toEqual({ ...NONE, asked: 1 });
    const { record } = await reached(first);
    expect(record).toMatchObject({ state: "submitted", cancel: { by: "ann", why: "asked" } });
  });
});

describe("a sequence is reached", () => {
  it("by its team, whether it has rows of its own or not, and by nobody else", async () => {
    const { ids, ledger } = await accepted(8);
    const [mate, other] = callersOf(
      ["soar", "other"].map((team) => ({
        name: `of-${team}`,
        team,
        key: keyHash(team),
        may: ["run.read"],
      })),
    );
    if (mate === undefined || other === undefined) throw new Error("there are no callers");
    const [first = ""] = ids;
    expect(await reachSequence(ledger, mate, first)).toMatchObject({ sequenceId: first });
    expect(await reachSequence(ledger, other, first)).toBeNull();
    expect(await reachSequence(ledger, mate, `${first.slice(0, -1)}0`)).toBeNull();
    expect(await reachSequence(ledger, mate, "run")).toBeNull();
  });
});

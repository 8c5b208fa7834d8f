import { describe, expect, it } from "vitest";
import { sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { openCollecting, type Served } from "../collecting.ts";

const HOUR_MS = 3_600_000;
const FETCHED: Served = { type: "GetFile", fileName: null, chunks: [Buffer.from("found")] };

/** Who asked, and when, as the custody entry of a sequence says it. */
async function requestIn(of: { requestedBy: string | null; acceptedAtMs: number }) {
  const collecting = await openCollecting([FETCHED]);
  const { ledger } = collecting;
  const key = sequenceKey(SEQUENCE_ID);
  const body = { ...(await collecting.record()), ...of };
  const etag = (await ledger.read(key))?.etag ?? "";
  await ledger.commit([{ op: "replace", key, body, etag }]);
  await collecting.collect();
  const [entry] = (await collecting.manifest()).entries;
  const { requestedBy, requestedAt } = Object.assign(Object({}), entry);
  return [requestedBy, requestedAt];
}

describe("a custody entry", () => {
  const acceptedAtMs = START_MS - HOUR_MS;
  const atFirst = new Date(START_MS).toISOString();

  it("names who asked for the sequence, and since when, if that joined the run", async () => {
    const joined = await requestIn({ requestedBy: "second", acceptedAtMs });
    expect(joined).toEqual(["second", new Date(acceptedAtMs).toISOString()]);
  });

  it.each(["analyst", null])("names who made the run for a sequence of %s", async (requestedBy) => {
    expect(await requestIn({ requestedBy, acceptedAtMs })).toEqual(["analyst", atFirst]);
  });
});

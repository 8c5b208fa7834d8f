import { app, type HttpResponseInit } from "@azure/functions";
import { SAFE_HEADERS, json, problem } from "./answer.ts";
import { paced } from "./back-pressure.ts";
import { anyText, badQuery, countUpTo, oneOf } from "./query.ts";
import { forRound } from "./for-sweeps.ts";

/** The most values that a stack shows, and how many without a limit. Our own bounds. */
const STACK_LIMIT_MAX = 1_000;
const STACK_LIMIT = 100;
const ROUND_MAX = 999_999;

const TYPES = {
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
} as const;

app.http("readRows", {
  methods: ["GET"],
  route: "sweeps/{name}/rounds/{number}/rows",
  authLevel: "anonymous",
  handler: forRound("sweep.read", async (lrq, request, { round, name: by, invocationId }) => {
    const known = { format: oneOf(["ndjson", "csv"]), wrong: oneOf(["true", "false"]) };
    const bad = badQuery(request, known);
    if (bad !== null) return bad;
    const format = request.query.get("format") === "csv" ? "csv" : "ndjson";
    const asking = { round, by };
    if (request.query.get("wrong") === "true") {
      if (request.query.has("format")) return problem("bad-request", NO_FORMAT);
      return await streamed(await lrq.readTroubles(asking), TYPES.ndjson, invocationId);
    }
    return await streamed(await lrq.readRows(asking, format), TYPES[format], invocationId, {
      "content-disposition": `attachment; filename="${round.name}-${round.number}.${format}"`,
    });
  }),
});

const NO_FORMAT = "Leave out format or wrong: wrong rows are shown as NDJSON.";

app.http("stackRows", {
  methods: ["GET"],
  route: "sweeps/{name}/rounds/{number}/stack",
  authLevel: "anonymous",
  handler: forRound("sweep.read", async (lrq, request, { round, name: by }) => {
    const bad = badQuery(request, { by: anyText, limit: countUpTo(STACK_LIMIT_MAX) });
    if (bad !== null) return bad;
    const columns = (request.query.get("by") ?? "").split(",");
    const limit = Number(request.query.get("limit") ?? STACK_LIMIT);
    const stack = await lrq.stackRows({ round, by }, { by: [...new Set(columns)], limit });
    return stack === null ? badColumns(round.rows) : json(stack);
  }),
});

app.http("readChanges", {
  methods: ["GET"],
  route: "sweeps/{name}/rounds/{number}/changes",
  authLevel: "anonymous",
  handler: forRound("sweep.read", async (lrq, request, { round, name: by, invocationId }) => {
    const bad = badQuery(request, { against: countUpTo(ROUND_MAX) });
    if (bad !== null) return bad;
    const against = Number(request.query.get("against") ?? round.number - 1);
    const changes = against === 0 ? null : await lrq.readChanges({ round, by }, against);
    if (changes === null) return problem("not-found", "There is no such round to compare with.");
    return await streamed(changes, TYPES.ndjson, invocationId);
  }),
});

function badColumns(
  rows: readonly { readonly form: { readonly columns: readonly { readonly name: string }[] } }[],
): HttpResponseInit {
  const names = new Set(rows.flatMap(({ form }) => form.columns.map(({ name }) => name)));
  const message =
    names.size === 0
      ? "The profiles of this round have no rows."
      : `Send one of these, or several with commas: ${[...names].join(", ")}.`;
  const errors = [{ path: "by", message }];
  return problem("bad-request", "The query is not right; each error says what to change.", {
    errors,
  });
}

/** It begins only when its first piece is there: until then the answer can be a problem. */
async function streamed(
  content: AsyncGenerator<Uint8Array>,
  type: string,
  invocationId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpResponseInit> {
  const first = await content.next();
  return {
    status: 200,
    headers: { ...SAFE_HEADERS, "content-type": type, ...headers },
    body: paced(resumed(first, content), invocationId),
  };
}

async function* resumed(
  first: IteratorResult<Uint8Array, unknown>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

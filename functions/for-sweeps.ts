import type { HttpHandler, HttpResponseInit } from "@azure/functions";
import type { Right, RoundRecord, Steered, SweepRecord } from "../shared/app.ts";
import { json, problem } from "./answer.ts";
import { forCallers, type Act, type Calling } from "./transport.ts";

/** For the sweep in the address, if the caller's rights reach it. */
export function forSweep(
  right: Right,
  act: Act<Calling & { readonly sweep: SweepRecord }>,
  which: { readonly deleted?: boolean } = {},
): HttpHandler {
  return forCallers(right, async (app, request, calling) => {
    const sweep = await app.reachSweep(calling.who.caller, request.params["name"] ?? "", which);
    if (sweep === null) return problem("not-found", "There is no sweep with this name.");
    return await act(app, request, { ...calling, sweep });
  });
}

/** For the round in the address: its number, or `last`. */
export function forRound(
  right: Right,
  act: Act<Calling & { readonly round: RoundRecord }>,
): HttpHandler {
  return forCallers(right, async (app, request, calling) => {
    const { name = "", number = "" } = request.params;
    const which = number === "last" ? number : Number(/^[1-9]\d{0,5}$/.exec(number)?.[0] ?? 0);
    const round = await app.reachRound(calling.who.caller, name, which);
    if (round === null) return problem("not-found", "There is no such round of a sweep.");
    return await act(app, request, { ...calling, round });
  });
}

/** The answer to what a person did; what is not possible now is a conflict that says why. */
export function steered(came: Steered, status = 200): HttpResponseInit {
  if (came.kind === "notNow") return problem("not-now", came.detail);
  return json({ round: came.round }, status);
}

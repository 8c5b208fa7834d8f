import type { Config } from "../config.ts";
import { SWEEP } from "../ledger/row/sweep-keys.ts";
import { sorted } from "../ledger/row/set-aside.ts";
import type { LedgerReads } from "../ports.ts";
import { sweepSchema } from "../sweep/sweep.ts";
import { found, ok, type Finding } from "./finding.ts";

/** Runs the queries that are the targets of sweeps (advanced hunting API page). */
export const HUNT_ROLE = "AdvancedQuery.Read.All";

const CHECK = `role ${HUNT_ROLE}`;
/** Sweeps that are read, and named. Our own bounds. */
const SWEEPS_MAX = 1_000;
const NAMES_MAX = 3;

/** Names of the sweeps whose targets are queries that Defender's own API runs. */
export async function sweepsThatHunt(
  ledger: LedgerReads,
  { defender }: Pick<Config, "defender">,
): Promise<readonly string[]> {
  if (defender.graphUrl !== null) return [];
  const rows = await ledger.list(SWEEP.from, SWEEP.before, SWEEPS_MAX);
  const { readable } = sorted(sweepSchema, rows);
  return readable
    .filter(({ value }) => !value.deleted && value.definition.targets.query !== undefined)
    .map(({ value }) => value.name);
}

/** Whether the app may hunt. That it may not is a finding only if a sweep needs it. */
export function checkHuntRole(isGranted: boolean, sweeps: readonly string[]): Finding[] {
  if (isGranted) return [ok(CHECK, "It is there: the target of a sweep may be a query.")];
  if (sweeps.length === 0) return [];
  const names = sweeps.slice(0, NAMES_MAX).join(", ");
  const more = sweeps.length > NAMES_MAX ? ", ..." : "";
  const what = `It is missing, and sweeps have queries as their targets: ${names}${more}.`;
  const fix =
    "Grant it with node infra/grant.mjs --hunting. Or set HUNTING_API to graph, and grant the " +
    "right in Graph with --hunting-graph.";
  return [found("error", CHECK, what, fix)];
}

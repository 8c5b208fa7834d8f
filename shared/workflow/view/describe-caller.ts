import { capsOf, type Caps } from "../../access/caps.ts";
import { teamOf, type Caller } from "../../access/caller.ts";

/** Who asks, and what they may do; nothing of how lrq knows them. */
export interface CallerView {
  readonly name: string;
  readonly team: string;
  /** True if its rights reach the runs of every team. */
  readonly all: boolean;
  readonly may: Caller["may"];
  readonly sources: Caller["sources"];
  /** Null for all. */
  readonly profiles: readonly string[] | null;
  /** The most machines of one incident of it, and of one day. */
  readonly caps: { readonly perIncident: number; readonly perDay: number };
}

/** The caller as the settings have it, with the caps that count for it. */
export function describeCaller(caller: Caller, caps: Caps): CallerView {
  const { name, all, may, sources, profiles } = caller;
  const { perIncident, perCallerDay } = capsOf(caller, caps);
  const own = { perIncident, perDay: perCallerDay };
  return { name, team: teamOf(caller), all, may, sources, profiles, caps: own };
}

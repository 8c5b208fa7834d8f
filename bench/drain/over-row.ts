import { SHIPPED } from "../shipped-limits.ts";
import { atMost, row, type Row } from "../table.ts";
import { callsOverLimit } from "./figures.ts";
import type { VirtualWorld } from "./virtual-world.ts";

/** POSTs that came when the window was full: a row of every run. */
export function overRow({ tenant }: VirtualWorld, at: { part: string; setting: string }): Row {
  const value = callsOverLimit(tenant.arrivals, SHIPPED.callsPerWindow, SHIPPED.windowMs);
  return row({ ...at, measure: "calls over the limit", value, unit: "", bound: atMost(0) });
}

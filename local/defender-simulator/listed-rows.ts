import { EVIL_CRON, EVIL_RUN, UNIX, WINDOWS } from "./listed-tables.ts";
import type { ListedRow, On } from "./listed-tables.ts";
import type { RowsKind, SimulatedMachine } from "./options.ts";
import { fraction } from "./random.ts";

/**
 * Which machine lists rows: `index` among those of its platform, from 0; `round` is how often it
 * was asked, from 1.
 */
export interface Listing {
  readonly machine: SimulatedMachine;
  readonly index: number;
  readonly round: number;
  /** True for the one machine of the tenant that has an autostart that nobody else has. */
  readonly isSuspect: boolean;
}

/**
 * What one machine lists. All machines have most rows, every second one some more, and others come
 * and go with the rounds; so from four machines of a platform on, no row is on one machine only,
 * but for the suspicious one.
 */
export function listedRows(kind: RowsKind, listing: Listing): readonly ListedRow[] {
  const isWindows = listing.machine.osPlatform.startsWith("Windows");
  const all = isWindows ? WINDOWS[kind] : UNIX[kind];
  const rows = all.flatMap(({ on = "all", row }) => (isOn(on, listing) ? [row] : []));
  const suspicious = listing.isSuspect && kind === "autostarts";
  return suspicious ? [...rows, isWindows ? EVIL_RUN : EVIL_CRON] : rows;
}

/** The machine with the suspicious autostart: one of Windows, if there are some. */
export function suspectOf(
  machines: readonly SimulatedMachine[],
  seed: number,
): SimulatedMachine | null {
  const windows = machines.filter(({ osPlatform }) => osPlatform.startsWith("Windows"));
  const drawn = (windows.length > 0 ? windows : machines).map((machine) => {
    return { machine, lot: fraction(seed, "suspect", machine.id) };
  });
  return drawn.toSorted((a, b) => a.lot - b.lot)[0]?.machine ?? null;
}

function isOn(on: On, { index, round }: Listing): boolean {
  const isEven = index % 2 === 0;
  switch (on) {
    case "all":
      return true;
    case "even":
      return isEven;
    case "odd":
      return !isEven;
    case "even, in odd rounds":
      return isEven && round % 2 === 1;
    case "odd, from the second round on":
      return !isEven && round > 1;
  }
}

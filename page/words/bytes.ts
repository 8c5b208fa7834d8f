const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

/** A size in bytes, with three digits at most: `1.5 MiB`. */
export function bytes(size: number): string {
  let [value, unit] = [size, 0];
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}

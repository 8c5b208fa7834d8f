/** One measured number, with what it has to reach. */
export interface Row {
  readonly part: string;
  readonly measure: string;
  /** Under which circumstances. */
  readonly setting: string;
  readonly value: number;
  readonly unit: string;
  /** Null where nothing is claimed: a figure to compare with. */
  readonly bound: Bound | null;
  readonly ok: boolean;
}

export interface Bound {
  readonly kind: "atMost" | "atLeast";
  readonly value: number;
}

export function atMost(value: number): Bound {
  return { kind: "atMost", value };
}

export function atLeast(value: number): Bound {
  return { kind: "atLeast", value };
}

/** A row that knows whether its bound is kept. What could not be measured (NaN) keeps none. */
export function row(facts: Omit<Row, "ok" | "bound"> & { readonly bound?: Bound }): Row {
  const { bound = null } = facts;
  return { ...facts, bound, ok: bound === null || isKept(facts.value, bound) };
}

function isKept(value: number, bound: Bound): boolean {
  return bound.kind === "atMost" ? value <= bound.value : value >= bound.value;
}

const HEADS = ["part", "measure", "setting", "value", "unit", "bound", ""] as const;

/** The rows as a table of text, numbers to the right; a broken bound says so. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [HEADS, ...rows.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((each) => width(each[column]))));
  const lines = cells.map((each) =>
    each
      .map((cell, column) => {
        const size = widths[column] ?? 0;
        return column === VALUE_COLUMN ? cell.padStart(size) : cell.padEnd(size);
      })
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** The rows as a table of Markdown, for docs/benchmarks.md. */
export function markdownOf(rows: readonly Row[]): string {
  const lines = rows.map((each) => {
    const [, measure, setting, value, unit, bound, missed] = cellsOf(each);
    const to = missed === "" ? bound : `${bound}: **${missed}**`;
    return `| ${measure} | ${setting} | ${value} ${unit} | ${to} |`;
  });
  return ["| measure | setting | value | to reach |", "|---|---|---|---|", ...lines, ""].join("\n");
}

const VALUE_COLUMN = 3;

function width(cell: string | undefined): number {
  return cell?.length ?? 0;
}

function cellsOf({ part, measure, setting, value, unit, bound, ok }: Row): readonly string[] {
  const to = bound === null ? "" : `${bound.kind === "atMost" ? "<=" : ">="} ${bound.value}`;
  return [part, measure, setting, numberText(value), unit, to, ok ? "" : "MISSED"];
}

/** Three digits that count, and never fewer than the whole number has. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(4, digits));
}

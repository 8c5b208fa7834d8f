import type { Cell } from "../../../evidence/rows/parsed-rows.ts";
import { howWhole } from "../../../evidence/rows/how-whole.ts";
import { cuttingLines } from "../../../evidence/rows/cutting-lines.ts";
import { linesIn } from "../../../evidence/rows/row-block.ts";
import { stacking } from "../../../evidence/rows/stacking.ts";
import type { RowStore } from "../../../ports.ts";
import { columnsOfRound } from "./columns-of-round.ts";
import { rowsOfRound, type RoundOfRows } from "./read-round.ts";

/** A machine as a stack names it. */
interface NamedMachine {
  readonly machineId: string;
  readonly machineName: string | null;
}

/** On how many machines of a round each value of some columns is. */
export interface StackView {
  readonly sweep: string;
  readonly round: number;
  readonly by: readonly string[];
  /** Machines whose rows were counted, also none, and all their rows. */
  readonly machines: number;
  readonly rows: number;
  /** Of these machines, those of which lrq has not all rows. */
  readonly partial: number;
  /** Machines besides them of whose results lrq could read nothing. */
  readonly unreadable: number;
  readonly distinct: { readonly count: number; readonly atLeast: boolean };
  /** The rarest first. */
  readonly values: readonly {
    readonly machines: number;
    readonly value: Readonly<Record<string, Cell>>;
    readonly example: NamedMachine;
  }[];
}

/** What is asked: columns, and how many values at most. */
export interface StackAsked {
  readonly by: readonly string[];
  readonly limit: number;
}

const NOTHING = { machines: 0, rows: 0, partial: 0, unreadable: 0 };

/**
 * Counts machines for each distinct value of these columns. A machine that has a value in several
 * rows counts once for it. Whatever the number of values, it keeps 250,000 of them in memory, and
 * reads the round several times if there are more. Null if the round has not all of the columns.
 */
export async function stackRows(
  store: RowStore,
  round: RoundOfRows,
  { by, limit }: StackAsked,
): Promise<StackView | null> {
  const columns = columnsOfRound(round.rows);
  if (!by.every((name) => columns.all.includes(name))) return null;
  const stack = stacking<NamedMachine>(limit);
  let counted = { ...NOTHING };
  do {
    counted = { ...NOTHING };
    let machine: NamedMachine = { machineId: "", machineName: null };
    for await (const { header, isFirst, body } of rowsOfRound(store, round)) {
      const { machineId, machineName, hash } = header;
      if (isFirst) {
        machine = { machineId, machineName };
        const whole = howWhole(header);
        counted[whole === "unreadable" ? "unreadable" : "machines"] += 1;
        if (whole === "partial") counted.partial += 1;
      }
      const lines = linesIn(body);
      counted.rows += lines.length;
      const names = columns.of(hash);
      const cut = cuttingLines(by.map((name) => names.indexOf(name)));
      for (const line of lines) stack.add(cut(line), machine);
    }
  } while (stack.next());
  const { rarest, distinct } = stack.result();
  const values = rarest.map(({ value, machines, example }) => ({
    machines,
    value: valueOf(by, value),
    example,
  }));
  return { sweep: round.name, round: round.number, by, ...counted, distinct, values };
}

function valueOf(by: readonly string[], json: string): Readonly<Record<string, Cell>> {
  const cells: readonly Cell[] = JSON.parse(`[${json}]`);
  return Object.fromEntries(by.map((name, index) => [name, cells[index] ?? null]));
}

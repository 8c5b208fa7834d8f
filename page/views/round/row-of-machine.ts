import type { CellValue } from "../../words/cell.tsx";

/** A row of a machine, as `GET sweeps/{name}/rounds/{number}/rows` says it. */
export type RowOfMachine = {
  readonly machineId: string;
  readonly machineName: string | null;
  readonly collectedAt: string;
} & { readonly [column: string]: CellValue };

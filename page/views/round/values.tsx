import { CellText, type CellValue } from "../../words/cell.tsx";

/** The cells of one row of a table: what a machine said in each of the columns. */
export function Values({
  of,
  columns,
}: {
  readonly of: Readonly<Record<string, CellValue | undefined>>;
  readonly columns: readonly string[];
}) {
  return (
    <>
      {columns.map((name) => (
        <td key={name} data-head={name}>
          <CellText value={of[name]} />
        </td>
      ))}
    </>
  );
}

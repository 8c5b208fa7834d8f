/** A cell: what it stands for, and how it looks. */
export interface Cell {
  readonly look: "used" | "foreign" | "free" | "kept";
  readonly says: string;
}

/** A row of cells, one for each of something that is limited; `sum` says it in words. */
export function Cells({ cells, sum }: { readonly cells: readonly Cell[]; readonly sum: string }) {
  return (
    <div class="cells" role="img" aria-label={sum}>
      {cells.map(({ look, says }, index) => (
        <span key={index} class={`cell ${look}`} title={says} />
      ))}
    </div>
  );
}

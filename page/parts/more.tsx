/** A list is drawn so many rows at a time, so that a large one stays quick. */
export const ROWS = 50;

/** The button below the drawn part of a list; nothing if all of it is drawn. */
export function More({
  shown,
  of,
  more,
}: {
  readonly shown: number;
  readonly of: number;
  readonly more: (rows: number) => void;
}) {
  if (of <= shown) return null;
  return (
    <button type="button" onClick={() => more(shown + ROWS)}>
      Show {Math.min(ROWS, of - shown)} more of {of - shown}
    </button>
  );
}

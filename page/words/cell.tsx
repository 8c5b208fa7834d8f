import { visible } from "./visible.ts";

/** A cell of a row, as a machine gave it. */
export type CellValue = string | number | boolean | null;

/** Longer texts are folded. */
const SHOWN = 120;

/** What a machine said in one cell: only ever text, and apart from the text around it. */
export function CellText({ value }: { readonly value: CellValue | undefined }) {
  if (value === undefined || value === null) return <span class="none">–</span>;
  if (value === "") return <span class="none">empty</span>;
  const text = visible(String(value));
  if (text.length <= SHOWN) return <bdi class="value">{text}</bdi>;
  return (
    <details>
      <summary>
        <bdi class="value">{text.slice(0, SHOWN)}…</bdi>
      </summary>
      <bdi class="value">{text}</bdi>
    </details>
  );
}

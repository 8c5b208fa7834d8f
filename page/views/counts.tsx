import { State } from "../words/state.tsx";

/** Sequences by state; they add up to the total. Null: not counted yet. */
export function Counts({ of }: { readonly of: Readonly<Record<string, number | null>> }) {
  const { total = 0, ...rest } = of;
  const states = Object.entries(rest).filter(([, count]) => count !== null && count > 0);
  return (
    <>
      {total}:{" "}
      {states.map(([state, count], index) => (
        <span key={state}>
          {index === 0 ? "" : ", "}
          {count} <State of={state} />
        </span>
      ))}
    </>
  );
}

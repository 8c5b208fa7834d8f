/** What a person can do, as the table says it: what stands between backticks is a command. */
export function Step({ of, calm = false }: { readonly of: string; readonly calm?: boolean }) {
  return (
    <p class={calm ? "step calm" : "step"}>
      {of
        .split("`")
        .map((text, index) => (index % 2 === 0 ? text : <code key={text}>{text}</code>))}
    </p>
  );
}

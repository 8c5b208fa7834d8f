import type { ComponentChildren } from "preact";
import type { Asked } from "../live/use-asked.ts";

/** In the sheet of an action: what the app says that it would do, or why it does not say it. */
export function Looked<T>({
  of: { body, trouble },
  asking,
  children,
}: {
  readonly of: Asked<T>;
  /** What to say until the answer is there. */
  readonly asking: string;
  readonly children: (body: T) => ComponentChildren;
}) {
  return (
    <div aria-live="polite">
      {body === null && trouble === null ? <p>{asking}</p> : null}
      {trouble === null ? null : <p class="notice bad">{trouble}</p>}
      {body === null ? null : children(body)}
    </div>
  );
}

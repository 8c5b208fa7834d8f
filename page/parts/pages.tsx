import type { ComponentChildren } from "preact";
import type { Pages } from "../live/use-pages.ts";
import { More, ROWS } from "./more.tsx";
import { Refusal, Trouble } from "./trouble.tsx";

/** A list in pages: what came since waits in a button above it, and the next page in one below. */
export function InPages({
  of,
  none,
  drawn = null,
  children,
}: {
  readonly of: Pages<unknown, unknown>;
  /** What to say if there is nothing in it. */
  readonly none: string;
  /** Of long pages: how many of its rows are drawn, and what draws so many. */
  readonly drawn?: readonly [rows: number, draw: (rows: number) => void] | null;
  readonly children: ComponentChildren;
}) {
  const { first, shown, fresh, showFresh, hasMore, more, trouble } = of;
  const [rows, draw] = drawn ?? [shown.length, () => undefined];
  const showNew = (): void => {
    showFresh();
    draw(rows + fresh);
  };
  const older = async (): Promise<void> => {
    await more();
    draw(rows + ROWS);
  };
  return (
    <>
      <Trouble of={first} />
      {fresh === 0 ? null : (
        <button type="button" onClick={showNew}>
          Show {fresh} new
        </button>
      )}
      {first.body !== null && shown.length === 0 ? <p>{none}</p> : null}
      {shown.length === 0 ? null : children}
      <Refusal why={trouble} />
      <More shown={rows} of={shown.length} more={draw} />
      {hasMore && rows >= shown.length ? (
        <button type="button" onClick={() => void older()}>
          Older
        </button>
      ) : null}
    </>
  );
}

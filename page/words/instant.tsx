import { useNow } from "./use-now.ts";

/** An instant in UTC; the reader's own time is in the title. A dash if there is none. */
export function Instant({ at }: { readonly at: string | null }) {
  if (at === null) return <span class="none">–</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {inUtc(at)}
    </time>
  );
}

/** `2026-11-29 03:04:05Z`. */
export function inUtc(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;
}

/** How long ago or ahead an instant is, in the largest unit that says enough: `4 min`. */
export function lengthBetween(fromMs: number, toMs: number): string {
  const seconds = Math.abs(Math.round((toMs - fromMs) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** An instant by its distance from now, with the instant itself in the title. */
export function Ago({ at }: { readonly at: string | null }) {
  const nowMs = useNow();
  if (at === null) return <span class="none">–</span>;
  const atMs = Date.parse(at);
  const length = lengthBetween(atMs, nowMs);
  return (
    <time dateTime={at} title={`${inUtc(at)}, here ${new Date(at).toLocaleString()}`}>
      {atMs > nowMs ? `in ${length}` : `${length} ago`}
    </time>
  );
}

/** An instant that is awaited: how long until then, and when that is in UTC and for the reader. */
export function Due({ at }: { readonly at: string }) {
  return (
    <>
      <Ago at={at} />
      <br />
      <small>
        {inUtc(at).replace(/:\d\dZ$/, "Z")}, here {new Date(at).toLocaleString(undefined, HERE)}
      </small>
    </>
  );
}

const HERE = { dateStyle: "medium", timeStyle: "short" } as const;

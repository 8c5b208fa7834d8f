import type { Live } from "../live/use-live.ts";

/** Why a read failed, above what it said last; or that it is on its way. */
export function Trouble({ of }: { readonly of: Live<unknown> }) {
  if (of.trouble !== null) {
    return (
      <p class="notice bad" role="alert">
        {of.trouble}
      </p>
    );
  }
  return of.body === null ? <p class="none">reading …</p> : null;
}

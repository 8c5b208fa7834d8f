import type { Live } from "../live/use-live.ts";

/** Why something failed or was refused; nothing for null. */
export function Refusal({ why }: { readonly why: string | null }) {
  if (why === null) return null;
  return (
    <p class="notice bad" role="alert">
      {why}
    </p>
  );
}

/** Why a read failed, above what it said last; or that it is on its way. */
export function Trouble({ of }: { readonly of: Live<unknown> }) {
  if (of.trouble !== null) return <Refusal why={of.trouble} />;
  return of.body === null ? <p class="none">reading …</p> : null;
}

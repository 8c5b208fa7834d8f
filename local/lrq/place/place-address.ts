import type { AppAddress } from "../app-address.ts";
import { isOver, renewed, type Tokens } from "./entra-tokens.ts";
import { type EntraSignIn, type Place, readPlace, writePlace } from "./place.ts";

/** Where a place is, and what to show there: a key, or a token that is renewed when it ends. */
export function placeAddress(folder: string, name: string, nowMs: () => number): AppAddress {
  const { url, signIn } = readPlace(folder, name);
  if (signIn.kind === "key") return { url, key: signIn.key };
  let known: EntraSignIn = signIn;
  const key = async (): Promise<string> => {
    if (!isOver(Date.parse(known.expiresAt), nowMs())) return known.accessToken;
    known = entraSignIn(known, await renewed(known, known.refreshToken, nowMs()));
    writePlace(folder, name, { v: 1, url, signIn: known });
    return known.accessToken;
  };
  return { url, key };
}

/** The sign-in as a place keeps it. */
export function entraSignIn(
  { authority, tenant, client, scope }: Omit<EntraSignIn, "kind" | keyof Kept>,
  { accessToken, refreshToken, expiresAtMs }: Tokens,
): EntraSignIn & Place["signIn"] {
  const expiresAt = new Date(expiresAtMs).toISOString();
  const kept = { accessToken, refreshToken, expiresAt };
  return { kind: "entra", authority, tenant, client, scope, ...kept };
}

type Kept = Pick<EntraSignIn, "accessToken" | "refreshToken" | "expiresAt">;

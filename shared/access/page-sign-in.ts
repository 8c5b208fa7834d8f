import { z } from "zod";
import type { Parsed } from "../incident/problem.ts";
import { invalid } from "../incident/refusal.ts";

/** How people sign in to the operations page with Entra. None of it is a secret. */
export interface SignInSettings {
  /** Such as `https://login.microsoftonline.com`. */
  readonly authority: string;
  readonly tenant: string;
  /** The app registration of the page, of the kind "single-page application". */
  readonly clientId: string;
  /** The scope that lrq exposes, such as `api://<client id of lrq>/user_impersonation`. */
  readonly scope: string;
}

const schema = z.strictObject({
  tenant: z.guid(),
  clientId: z.guid(),
  scope: z.string().regex(/^\S{1,300}$/, "a scope without spaces"),
});

/** The setting PAGE_SIGN_IN; null if there is none, so that only keys sign in. */
export function parsePageSignIn(
  text: string | undefined,
  authority: string,
): Parsed<SignInSettings | null> {
  if (text === undefined) return { kind: "parsed", value: null };
  const read = schema.safeParse(jsonOf(text));
  if (read.success) return { kind: "parsed", value: { authority, ...read.data } };
  const message =
    'is JSON with "tenant" and "clientId", which are GUIDs, and "scope", and nothing else';
  return invalid([{ path: "PAGE_SIGN_IN", message }]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

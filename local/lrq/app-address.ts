/** Where lrq is, without `/api`, and what it knows the caller by: a key, or a token of the moment. */
export interface AppAddress {
  readonly url: string;
  readonly key: string | (() => Promise<string>);
}

/** The address in LRQ_URL and LRQ_KEY; null if one of them is missing, or the first is none. */
export function addressIn(env: Readonly<Record<string, string | undefined>>): AppAddress | null {
  const { LRQ_URL: url, LRQ_KEY: key } = env;
  if (url === undefined || key === undefined || !URL.canParse(url)) return null;
  return { url: hostOf(url), key };
}

/** The address without the path of the interface. */
export function hostOf(url: string): string {
  return url.replace(/(\/api)?\/*$/, "");
}

/** The header that a request to lrq carries. */
export async function authorizationOf({ key }: Pick<AppAddress, "key">): Promise<string> {
  return `Bearer ${typeof key === "string" ? key : await key()}`;
}

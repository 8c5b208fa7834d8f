/** Where lrq is, without `/api`, and the key that it knows the caller by. */
export interface AppAddress {
  readonly url: string;
  readonly key: string;
}

/** The address in LRQ_URL and LRQ_KEY; null if one of them is missing, or the first is none. */
export function addressIn(env: Readonly<Record<string, string | undefined>>): AppAddress | null {
  const { LRQ_URL: url, LRQ_KEY: key } = env;
  if (url === undefined || key === undefined || !URL.canParse(url)) return null;
  return { url: url.replace(/(\/api)?\/*$/, ""), key };
}

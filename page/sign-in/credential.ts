/**
 * Who looks at the page. A pasted key stays in this tab, and goes when the tab is closed. A token
 * of Entra's is in memory only.
 */
const KEY = "lrq.key";

/** Gives the bearer credential of the next request; null if it cannot be had any more. */
type Bearer = () => Promise<string | null>;

const listeners = new Set<() => void>();
let bearer: Bearer | null = bearerOfKey(sessionStorage.getItem(KEY));

export const credential = {
  /** The value of the Authorization header; null if nobody has signed in. */
  async header(): Promise<string | null> {
    const token = (await bearer?.()) ?? null;
    return token === null ? null : `Bearer ${token}`;
  },
  isThere: (): boolean => bearer !== null,
  takeKey(key: string): void {
    sessionStorage.setItem(KEY, key);
    take(bearerOfKey(key));
  },
  takeTokens(tokens: Bearer): void {
    take(tokens);
  },
  forget(): void {
    sessionStorage.removeItem(KEY);
    take(null);
  },
  /** Calls `tell` after each sign-in and sign-out; gives what ends that. */
  watch(tell: () => void): () => void {
    listeners.add(tell);
    return () => listeners.delete(tell);
  },
};

function take(next: Bearer | null): void {
  bearer = next;
  for (const tell of listeners) tell();
}

function bearerOfKey(key: string | null): Bearer | null {
  return key === null ? null : async () => key;
}

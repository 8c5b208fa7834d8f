import { useRef, useState } from "preact/hooks";
import { read, whyNot } from "./ask.ts";
import { useLive, type Live } from "./use-live.ts";

/** How a list comes in pages: what is in one, and where the next one is. */
export interface Paged<P, T> {
  readonly of: (page: P) => readonly T[];
  readonly idOf: (one: T) => string;
  /** The path of the page after it; null at the end. */
  readonly after: (page: P) => string | null;
}

/** A list whose first page is read again and again, without moving what is being read. */
export interface Pages<P, T> {
  readonly first: Live<P>;
  /** What was there at first, and what somebody asked for; each as it was read last. */
  readonly shown: readonly T[];
  /** How many have come since, and wait above it. */
  readonly fresh: number;
  readonly showFresh: () => void;
  readonly hasMore: boolean;
  /** Reads the next page. */
  readonly more: () => Promise<void>;
  /** Why there was no next page; null if there was. */
  readonly trouble: string | null;
}

/** Reads a list page by page. Another path needs another component: give it a key. */
export function usePages<P, T>(path: string, { of, idOf, after }: Paged<P, T>): Pages<P, T> {
  const first = useLive<P>(path);
  const known = useRef(new Map<string, T>());
  const [ids, setIds] = useState<readonly string[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const { body } = first;
  const latest = body === null ? [] : of(body);
  for (const one of latest) known.current.set(idOf(one), one);
  const latestIds = latest.map(idOf);
  const order = ids ?? latestIds;
  const atEnd = body === null ? null : after(body);
  const cursor = ids === null ? atEnd : next;
  // The first page that comes is what is read; whatever comes later waits above it.
  if (ids === null && body !== null) {
    setIds(latestIds);
    setNext(atEnd);
  }
  const inOrder = new Set(order);
  // If all of the list is on the first page, what is not there any more is gone.
  const isThere = new Set(body !== null && atEnd === null ? latestIds : order);
  const more = async (): Promise<void> => {
    const answer = await read<P>(cursor ?? path);
    setTrouble(answer.kind === "answered" ? null : whyNot(answer));
    if (answer.kind !== "answered") return;
    const older = of(answer.body).filter((one) => !inOrder.has(idOf(one)));
    for (const one of older) known.current.set(idOf(one), one);
    setIds([...order, ...older.map(idOf)]);
    setNext(after(answer.body));
  };
  const showFresh = (): void => {
    const isJoined = latestIds.some((id) => inOrder.has(id)) || atEnd === null;
    setIds([...latestIds, ...(isJoined ? order.filter((id) => !latestIds.includes(id)) : [])]);
    // More than a page has come: what is below it is read again from there.
    if (!isJoined) setNext(atEnd);
  };
  return {
    first,
    shown: order.filter((id) => isThere.has(id)).flatMap((id) => known.current.get(id) ?? []),
    fresh: latestIds.filter((id) => !inOrder.has(id)).length,
    showFresh,
    hasMore: cursor !== null,
    more,
    trouble,
  };
}

import { useEffect, useState } from "preact/hooks";

/** Ages are in whole minutes soon, so this is often enough. */
const EVERY_MS = 10_000;

const readers = new Set<(nowMs: number) => void>();
let timer: ReturnType<typeof setInterval> | null = null;

/** The present time; whoever uses it is drawn anew as it passes. */
export function useNow(): number {
  const [nowMs, setNow] = useState(Date.now);
  useEffect(() => {
    readers.add(setNow);
    timer ??= setInterval(tell, EVERY_MS);
    return () => {
      readers.delete(setNow);
      if (readers.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  }, []);
  return nowMs;
}

function tell(): void {
  const nowMs = Date.now();
  for (const set of readers) set(nowMs);
}

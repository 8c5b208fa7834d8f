import { useEffect, useRef, useState } from "preact/hooks";
import { read, type Answer } from "./ask.ts";

/** Something that is read again and again. What was read stays when a later read fails. */
export interface Live<T> {
  /** Null before the first answer, and after a refusal. */
  readonly body: T | null;
  /** Why the last read failed; null if it did not. */
  readonly trouble: string | null;
  /** The refusal's status; null if the app did not refuse. */
  readonly status: number | null;
  /** Reads it again now. */
  readonly again: () => void;
}

/** Often enough for a person, and cheap: an answer that has not changed has no body. */
const EVERY_MS = 5_000;

type State<T> = Omit<Live<T>, "again">;

const WELL = { trouble: null, status: null } as const;
const NOTHING: State<never> = { body: null, ...WELL };
const OUT_OF_REACH = "The app does not answer. What you see is what it said last.";

/** Reads a path below `/api/` while the page is looked at. Null reads nothing. */
export function useLive<T>(path: string | null): Live<T> {
  const [state, setState] = useState<State<T>>(NOTHING);
  const asked = useRef<() => void>(() => undefined);
  useEffect(() => {
    setState(NOTHING);
    if (path === null) return undefined;
    const reading = keepReading<T>(path, (answer) => setState((before) => after(before, answer)));
    asked.current = reading.now;
    return reading.stop;
  }, [path]);
  return { ...state, again: () => asked.current() };
}

function after<T>(before: State<T>, answer: Answer<T>): State<T> {
  if (answer.kind === "unchanged") return before.trouble === null ? before : { ...before, ...WELL };
  if (answer.kind === "unreachable") return { ...before, trouble: OUT_OF_REACH };
  if (answer.kind === "refused") {
    const { status, detail } = answer;
    // It may be gone, or no longer for this caller. Trouble of the app's own passes.
    return { body: status >= 500 ? before.body : null, trouble: detail, status };
  }
  return { body: answer.body, ...WELL };
}

function keepReading<T>(path: string, tell: (answer: Answer<T>) => void) {
  let stopped = false;
  let timer = 0;
  let etag: string | null = null;
  const go = async (): Promise<void> => {
    clearTimeout(timer);
    const answer = await read<T>(path, etag);
    if (stopped) return;
    if (answer.kind === "answered") ({ etag } = answer);
    tell(answer);
    clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(now, EVERY_MS);
  };
  const now = (): void => void go();
  const onSight = (): void => {
    if (!document.hidden) now();
  };
  document.addEventListener("visibilitychange", onSight);
  now();
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onSight);
  };
  return { now, stop };
}

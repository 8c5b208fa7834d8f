import { useState } from "preact/hooks";
import { whyNot, type Answer } from "./ask.ts";

/** What the app says when somebody asks, and not before. */
export interface Asked<T> {
  /** Null until the answer is there, and if there is none. */
  readonly body: T | null;
  /** Why there is no answer; null if nobody has asked, or there is one. */
  readonly trouble: string | null;
  readonly busy: boolean;
  /** Asks. What was there stays until the answer comes. */
  readonly ask: () => Promise<void>;
  /** Asks, and forgets first what was there, so that nobody decides by it. */
  readonly askAnew: () => Promise<void>;
}

interface Came<T> {
  readonly body: T | null;
  readonly trouble: string | null;
}

const NOTHING = { body: null, trouble: null } as const;

/** Puts a question to the app when somebody asks for it. */
export function useAsked<T>(question: () => Promise<Answer<T>>): Asked<T> {
  const [came, setCame] = useState<Came<T>>(NOTHING);
  const [busy, setBusy] = useState(false);
  const ask = async (): Promise<void> => {
    setBusy(true);
    const answer = await question();
    setBusy(false);
    if (answer.kind === "answered") setCame({ body: answer.body, trouble: null });
    else setCame({ body: null, trouble: whyNot(answer) });
  };
  const askAnew = async (): Promise<void> => {
    setCame(NOTHING);
    await ask();
  };
  return { ...came, busy, ask, askAnew };
}

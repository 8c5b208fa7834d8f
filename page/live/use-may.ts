import { useEffect, useState } from "preact/hooks";
import type { Right } from "../../shared/access/caller.ts";
import type { CallerView } from "../../shared/workflow/view/describe-caller.ts";
import { read } from "./ask.ts";

/** While the app does not answer, it is asked again. */
const AGAIN_MS = 5_000;

/**
 * Whether the caller has a right, as the app says; false until it has said so. It is for what the
 * page offers: the app judges each request anew.
 */
export function useMay(): (right: Right) => boolean {
  const [rights, setRights] = useState<readonly Right[]>([]);
  useEffect(() => {
    let timer = 0;
    let stopped = false;
    const ask = async (): Promise<void> => {
      const answer = await read<CallerView>("whoami");
      if (stopped) return;
      if (answer.kind === "answered") setRights(answer.body.may);
      else timer = window.setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, []);
  return (right) => rights.includes(right);
}

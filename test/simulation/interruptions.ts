/** What happens right before port calls take effect: between the reads and the commit of others. */
export interface Interruptions {
  add(isCounting: () => boolean, atCall: number, act: () => Promise<void>): void;
  /** To be called before each call takes effect. */
  before(): Promise<void>;
}

export function createInterruptions(): Interruptions {
  const waiting = new Set<{ left: number; isCounting: () => boolean; act: () => Promise<void> }>();
  return {
    add: (isCounting, atCall, act) => void waiting.add({ left: atCall, isCounting, act }),
    before: async () => {
      for (const each of waiting) {
        if (!each.isCounting()) continue;
        each.left -= 1;
        if (each.left > 0) continue;
        waiting.delete(each);
        await each.act();
      }
    },
  };
}

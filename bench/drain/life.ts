/** A process, which may be killed: from then on nothing it waits for comes back to it. */
export interface Life {
  isOver: boolean;
}

/**
 * A port as a process sees it. What was asked for before the kill still happens outside, as a
 * request does that is on its way; only the answer reaches nobody.
 */
export function within<Port extends object>(life: Life, port: Port): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...asked: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, asked);
        return answer instanceof Promise ? whileAlive(life, answer) : answer;
      };
    },
  });
}

async function whileAlive<T>(life: Life, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } finally {
    if (life.isOver) await new Promise<never>(() => undefined);
  }
}

/**
 * What `promise` comes to, unless `signal` aborts first: then its reason is thrown and the promise
 * left alone.
 */
export function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(signal));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function reasonOf(signal: AbortSignal): Error {
  const { reason }: { reason: unknown } = signal;
  return reason instanceof Error ? reason : new Error("aborted");
}

/** The app setting that Azure starts the Node worker with. */
export const WORKER_ARGUMENTS = "languageWorkers__node__arguments";
const HEADER_SIZE = /(?:^|\s)--max-http-header-size=(\d{1,9})(?=\s|$)/;

/**
 * Bytes of headers that the library's own HTTP server takes, from the arguments of the worker; null
 * is Node's default of 16 KiB.
 */
export function headerBytesIn(workerArguments: string | undefined): number | null {
  const bytes = HEADER_SIZE.exec(workerArguments ?? "")?.[1];
  return bytes === undefined ? null : Number(bytes);
}

import { createServer } from "node:net";

/**
 * Why nobody may listen on this port of loopback, and what to do; null if one may. 0 is always
 * free.
 */
export async function portTrouble(port: number): Promise<string | null> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
  } catch (error) {
    return wordsFor(port, error);
  }
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return null;
}

function wordsFor(port: number, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const why =
    code === "EADDRINUSE"
      ? `Port ${port} is taken by another program.`
      : `Port ${port} cannot be used: ${error instanceof Error ? error.message : String(error)}.`;
  return `${why}\nChoose another one, PORT=7072 npm start, or any that is free, PORT=0 npm start.`;
}

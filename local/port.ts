import { createServer } from "node:net";

/** Throws with a sentence if nobody may listen on this port of loopback; 0 is always free. */
export async function checkPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
  } catch (error) {
    throw new Error(portTrouble(port, error), { cause: error });
  }
  await new Promise((resolve) => {
    probe.close(resolve);
  });
}

function portTrouble(port: number, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const why =
    code === "EADDRINUSE"
      ? `Port ${port} is taken by another program.`
      : `Port ${port} cannot be used: ${error instanceof Error ? error.message : String(error)}.`;
  return `${why}\nChoose another one, PORT=7072 npm start, or any that is free, PORT=0 npm start.`;
}

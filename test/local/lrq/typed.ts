import { createServer, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";
import { type CommandSurroundings } from "../../../local/lrq/command/around.ts";
import { runCommand } from "../../../local/lrq/command-line.ts";

/** Runs a command in this process; what it said on stdout and stderr, and how it ended. */
export async function typed(line: string, around: Partial<CommandSurroundings> = {}) {
  const said: string[] = [];
  const noted: string[] = [];
  const code = await runCommand(line.split(" "), {
    env: {},
    say: (text) => void said.push(text),
    complain: (text) => void noted.push(text),
    ...around,
  });
  return { code, said: said.join("\n"), noted: noted.join("\n") };
}

/** A server on loopback until the test is over; its address. */
export async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not on a port");
  return `http://127.0.0.1:${address.port}`;
}

// @ts-check
// The compiler as one process that answers requests (JSON-RPC, framed as in the Language Server
// Protocol). Begun once, it needs four seconds for everything; begun for each file, sixteen.
import { spawn } from "node:child_process";

const HEAD_END = "\r\n\r\n";

/**
 * Starts the compiler at `path` with the environment `env`. `ask` sends one request and gives its
 * result; it throws if the compiler answers with an error or ends. `end` stops the process.
 *
 * @param {string} path
 * @param {Record<string, string | undefined>} env
 */
export function startCompiler(path, env) {
  const child = spawn(path, ["jsonrpc", "--stdio"], { env, stdio: ["pipe", "pipe", "inherit"] });
  /** @type {Map<number, { resolve: (result: unknown) => void, reject: (why: Error) => void }>} */
  const waiting = new Map();
  /** @param {string} text */
  const answer = (text) => {
    const { id, result, error } = JSON.parse(text);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(`the compiler answers: ${error.message}`));
  };
  const read = framesTo(answer);
  child.stdout.on("data", read);
  /** @param {Error} why */
  const giveUp = (why) => {
    for (const { reject } of waiting.values()) reject(why);
  };
  child.on("error", giveUp);
  child.on("exit", (code) => {
    giveUp(new Error(`the compiler ended with ${code}`));
  });
  let last = 0;
  return {
    /**
     * @param {string} method
     * @param {object} params
     * @returns {Promise<unknown>}
     */
    ask: async (method, params) => {
      last += 1;
      const id = last;
      const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      const answered = new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
      child.stdin.write(`Content-Length: ${body.byteLength}${HEAD_END}`);
      child.stdin.write(body);
      return await answered;
    },
    end: () => {
      child.kill();
    },
  };
}

/**
 * Gives `answer` each complete message of the bytes that arrive.
 *
 * @param {(text: string) => void} answer
 */
function framesTo(answer) {
  let bytes = Buffer.alloc(0);
  /** @param {Buffer} more */
  return (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const head = bytes.indexOf(HEAD_END);
      if (head < 0) return;
      const [, length] = /Content-Length: (\d+)/i.exec(bytes.toString("utf8", 0, head)) ?? [];
      const begin = head + HEAD_END.length;
      const end = begin + Number(length);
      if (bytes.byteLength < end) return;
      answer(bytes.toString("utf8", begin, end));
      bytes = bytes.subarray(end);
    }
  };
}

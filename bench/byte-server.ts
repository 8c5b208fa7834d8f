import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import { createGzip } from "node:zlib";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * A stand-in for Defender's result links, in a process of its own so that its memory and its work
 * are not those that are measured. `/bytes/<size>` and `/gzip/<size>` serve so many bytes, always
 * the same; any other path gives a link to what its last part names.
 */
export async function serveBytes(): Promise<void> {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const [, kind = "", size = "0"] = path.split("/");
    if (kind === "bytes") return void sendBytes(response, Number(size)).catch(() => undefined);
    if (kind === "gzip") return void sendGzip(response, Number(size)).catch(() => undefined);
    // The action's id says what its result is: `bytes-1024`.
    const actionId = /machineactions\/([a-z]+-\d+)\//.exec(path)?.[1] ?? "bytes-0";
    const link = `http://${request.headers.host}/${actionId.replace("-", "/")}`;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ value: link }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  process.stdout.write(`http://127.0.0.1:${address.port}\n`);
  // Whoever started it ends it by closing its input.
  process.stdin.resume().once("end", () => server.close());
  process.stdin.once("end", () => server.closeAllConnections());
}

const CHUNK_BYTES = 256 * 1_024;
/** Half noise, half zeros: gzip makes about half of it, as of real archives' contents. */
const CHUNK = Buffer.alloc(CHUNK_BYTES);
for (let at = 0, noise = 12_345; at < CHUNK_BYTES / 2; at += 1) {
  noise = (noise * 1_103_515_245 + 12_345) % 2 ** 31;
  CHUNK[at] = noise >>> 16;
}

function* chunksOf(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= CHUNK_BYTES) yield CHUNK.subarray(0, left);
}

async function sendBytes(response: ServerResponse, size: number): Promise<void> {
  response.setHeader("content-disposition", 'attachment; filename="result.bin"');
  response.setHeader("content-length", size);
  await pipeline(Readable.from(chunksOf(size), { objectMode: false }), response);
}

async function sendGzip(response: ServerResponse, size: number): Promise<void> {
  response.setHeader("content-disposition", 'attachment; filename="result.bin.gz"');
  const content = Readable.from(chunksOf(size), { objectMode: false });
  await pipeline(content, createGzip({ level: 1 }), response);
}

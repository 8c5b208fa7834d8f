import { fork } from "node:child_process";
import { z } from "zod";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import type { Ledger } from "../../shared/ports.ts";

const id = z.number();
const etag = z.string();
const key = z.string();
const changeSchema = z.discriminatedUnion("op", [
  z.object({ op: z.literal(["insert", "upsert"]), key, body: z.unknown() }),
  z.object({ op: z.literal("replace"), key, body: z.unknown(), etag }),
  z.object({ op: z.literal("delete"), key, etag }),
]);
/** A request, and its number. */
const requestSchema = z.union([
  z.object({ id, read: key }),
  z.object({ id, list: z.tuple([key, key, z.number()]) }),
  z.object({ id, commit: z.array(changeSchema) }),
]);
type Request = z.infer<typeof requestSchema>;

const rowSchema = z.object({ key, body: z.unknown(), etag });
/** The answer to the request of this number; a commit has the ETags, or why there are none. */
const answerSchema = z.object({
  id,
  rows: z.array(rowSchema).default([]),
  etags: z.array(z.tuple([key, etag])).default([]),
  conflict: z
    .object({ key: key.nullable(), why: z.enum(["exists", "changed", "absent"]) })
    .nullable()
    .default(null),
});
type Answer = z.infer<typeof answerSchema>;

/** What the process with the rows does: `bench.mjs ledger`. It ends with whoever started it. */
export function serveLedger(): void {
  const ledger = createMemoryLedger();
  process.on("message", (message) => {
    void answerTo(ledger, requestSchema.parse(message)).then((answer) => process.send?.(answer));
  });
  process.on("disconnect", () => process.exit());
}

async function answerTo(ledger: Ledger, request: Request): Promise<z.input<typeof answerSchema>> {
  if ("read" in request) {
    const row = await ledger.read(request.read);
    return { id: request.id, rows: row === null ? [] : [row] };
  }
  if ("list" in request) return { id: request.id, rows: await ledger.list(...request.list) };
  const came = await ledger.commit(request.commit);
  if (came.kind === "committed") return { id: request.id, etags: [...came.etags] };
  return { id: request.id, conflict: { key: came.key, why: came.why } };
}

/** A ledger whose rows are in a process of their own, so that their memory is not ours. */
export function startLedgerProcess(): { readonly ledger: Ledger; readonly stop: () => void } {
  const child = fork(process.argv[1] ?? "", ["ledger"]);
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  child.on("message", (message) => {
    const answer = answerSchema.parse(message);
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ask = async (request: Record<string, unknown>): Promise<Answer> => {
    asked += 1;
    const number = asked;
    return await new Promise((resolve) => {
      waiting.set(number, resolve);
      child.send({ id: number, ...request });
    });
  };
  const ledger: Ledger = {
    read: async (read) => (await ask({ read })).rows[0] ?? null,
    list: async (...list) => (await ask({ list })).rows,
    commit: async (commit) => {
      const { etags, conflict } = await ask({ commit });
      if (conflict !== null) return { kind: "conflict", ...conflict };
      return { kind: "committed", etags: new Map(etags) };
    },
  };
  return { ledger, stop: () => void child.kill() };
}

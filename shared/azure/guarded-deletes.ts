import { AsyncLocalStorage } from "node:async_hooks";
import type { TableServiceClientOptions } from "@azure/data-tables";
import type { RowChange } from "../ledger/sequence/rows.ts";

export type Policy = NonNullable<TableServiceClientOptions["additionalPolicies"]>[number]["policy"];

/**
 * Deletes that keep their ETags: `policy` belongs into the client's pipeline, `guard` around each
 * transaction.
 */
export interface GuardedDeletes {
  readonly policy: Policy;
  guard<T>(changes: readonly RowChange[], transact: () => Promise<T>): Promise<T>;
}

/**
 * The tables client sends every delete of a transaction with `If-Match: *` and has no place for an
 * ETag (@azure/data-tables 13.3.2, `submitTransaction`). So the policy writes the ETags into the
 * body just before it is sent. Throws if the body has another form than in that version.
 */
export function createGuardedDeletes(): GuardedDeletes {
  const underWay = new AsyncLocalStorage<ReadonlyMap<string, string>>();
  return {
    policy: {
      name: "lrqGuardedDeletes",
      sendRequest: async (request, next) => {
        const etags = underWay.getStore();
        if (etags !== undefined && typeof request.body === "string") {
          request.body = withEtags(request.body, etags);
        }
        return await next(request);
      },
    },
    guard: async (changes, transact) => await underWay.run(etagsOfDeletes(changes), transact),
  };
}

function etagsOfDeletes(changes: readonly RowChange[]): ReadonlyMap<string, string> {
  const deletes = changes.filter((change) => change.op === "delete");
  return new Map(deletes.map(({ key, etag }) => [key, etag]));
}

/**
 * Bodies of rows are JSON and have no line breaks, so no text in them can look like a request line.
 */
const DELETE_REQUEST = /^(DELETE \S+,RowKey='(\S*)'\) HTTP\/1\.1\r\n(?:.+\r\n)*?If-Match: )\*/gim;

function withEtags(body: string, etags: ReadonlyMap<string, string>): string {
  let guarded = 0;
  const text = body.replaceAll(DELETE_REQUEST, (_all, head: string, encodedKey: string) => {
    const etag = etags.get(decodeURIComponent(encodedKey).replaceAll("''", "'"));
    if (etag === undefined) throw new Error(`no ETag for the delete of ${encodedKey}`);
    guarded += 1;
    return head + etag;
  });
  if (guarded !== etags.size) {
    throw new Error(`${etags.size} deletes to guard, ${guarded} found in the transaction`);
  }
  return text;
}

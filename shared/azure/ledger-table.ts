import {
  TableClient,
  type TableServiceClientOptions,
  type TableTransactionResponse,
  type TransactionAction,
} from "@azure/data-tables";
import type { ClockReading } from "../limits/pace/interval-clock.ts";
import type { RowChange } from "../ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger, Row } from "../ports.ts";
import { codeOf, creating, statusOf, type StorageAccess } from "./access.ts";
import { bodyColumns, bodyOf } from "./entity.ts";
import { findLedger } from "./find-ledger.ts";
import { createGuardedDeletes, type GuardedDeletes, type Policy } from "./guarded-deletes.ts";

/** The Table service takes at most 100 operations in an entity-group transaction. */
const CHANGES_MAX = 100;
/** And gives at most 1,000 entities in a page. */
const ROWS_MAX = 1_000;

/** The client's own default. */
const READ_RETRIES = 3;

export interface LedgerTableOptions {
  readonly access: StorageAccess;
  readonly tableName: string;
  /**
   * The partition: one tenant and app. If it has the form `<tenant>|<client>` and the tenant
   * already has a ledger, it is that of the ledger (find-ledger.ts).
   */
  readonly partition: string;
  /** Gets the Date header of every answer; the service clock needs it. */
  readonly observe: (reading: ClockReading) => void;
  readonly monotonicMs: () => number;
}

/**
 * The ledger in a table of Azure Table storage. It is one partition, so that every commit is one
 * entity-group transaction.
 */
export function createLedgerTable(options: LedgerTableOptions): Ledger {
  const deletes = createGuardedDeletes();
  const table = openTable(options, deletes.policy, READ_RETRIES);
  const writer = openTable(options, deletes.policy, 0);
  const find = onceFound(async () => await findLedger(table, options.partition));
  const within = async <T>(act: (partition: string) => Promise<T>): Promise<T> =>
    await creating(
      "TableNotFound",
      () => table.createTable(),
      async () => await act(await find()),
    );
  return {
    read: async (key) => await within(async (partition) => await readRow(table, partition, key)),
    list: async (from, before, limit) =>
      await within(async (partition) => await listRows(table, { partition, from, before, limit })),
    commit: async (changes) =>
      await within(
        async (partition) => await commit({ table: writer, deletes, partition }, changes),
      ),
  };
}

/** Done once for all calls, and again only if it fails. */
function onceFound(find: () => Promise<string>): () => Promise<string> {
  let finding: Promise<string> | null = null;
  return async () => {
    finding ??= find().catch((error: unknown) => {
      finding = null;
      throw error;
    });
    return await finding;
  };
}

async function readRow(table: TableClient, partition: string, key: string): Promise<Row | null> {
  try {
    const entity = await table.getEntity(partition, key);
    return { key, body: bodyOf(entity), etag: entity.etag };
  } catch (error) {
    if (codeOf(error) === "ResourceNotFound") return null;
    throw error;
  }
}

async function listRows(
  table: TableClient,
  range: { partition: string; from: string; before: string; limit: number },
): Promise<Row[]> {
  if (!(range.limit >= 1 && range.limit <= ROWS_MAX)) {
    throw new Error(`a list of ${range.limit} rows; it takes 1 to ${ROWS_MAX}`);
  }
  const filter =
    `PartitionKey eq '${quoted(range.partition)}' and RowKey ge '${quoted(range.from)}'` +
    ` and RowKey lt '${quoted(range.before)}'`;
  const rows: Row[] = [];
  const pages = table.listEntities({ queryOptions: { filter } });
  for await (const page of pages.byPage({ maxPageSize: range.limit })) {
    for (const entity of page) {
      rows.push({ key: entity.rowKey ?? "", body: bodyOf(entity), etag: entity.etag });
    }
    if (rows.length >= range.limit) break;
  }
  return rows.slice(0, range.limit);
}

async function commit(
  into: { table: TableClient; deletes: GuardedDeletes; partition: string },
  changes: readonly RowChange[],
): Promise<CommitOutcome> {
  const { table, deletes, partition } = into;
  const actions = actionsFor(partition, changes);
  try {
    const answer = await deletes.guard(changes, async () => await table.submitTransaction(actions));
    return { kind: "committed", etags: etagsIn(answer, changes) };
  } catch (error) {
    const why = conflictIn(error);
    if (why === null) throw error;
    return { kind: "conflict", key: changes[failedIndex(error)]?.key ?? null, why };
  }
}

/**
 * The transaction. Throws if the service would refuse it anyway, and for an empty ETag, which would
 * guard nothing.
 */
function actionsFor(partition: string, changes: readonly RowChange[]): TransactionAction[] {
  if (changes.length === 0 || changes.length > CHANGES_MAX) {
    throw new Error(`a commit of ${changes.length} changes; it takes 1 to ${CHANGES_MAX}`);
  }
  const unguarded = changes.find((change) => "etag" in change && change.etag === "");
  if (unguarded !== undefined) throw new Error(`no ETag to change ${unguarded.key} with`);
  return changes.map((change) => action(partition, change));
}

function action(partition: string, change: RowChange): TransactionAction {
  const keys = { partitionKey: partition, rowKey: change.key };
  switch (change.op) {
    case "insert":
      return ["create", { ...keys, ...bodyColumns(change.body) }];
    case "replace":
      return ["update", { ...keys, ...bodyColumns(change.body) }, "Replace", { etag: change.etag }];
    case "upsert":
      return ["upsert", { ...keys, ...bodyColumns(change.body) }, "Replace"];
    case "delete":
      return ["delete", keys];
  }
}

/** By position, because the service names the row only in its answer to an insert. */
function etagsIn(
  answer: TableTransactionResponse,
  changes: readonly RowChange[],
): ReadonlyMap<string, string> {
  const etags = new Map<string, string>();
  for (const [index, change] of changes.entries()) {
    const { status, etag } = answer.subResponses[index] ?? { status: 0 };
    if (status < 200 || status > 299) {
      throw new Error(`the table service answered ${status} for ${change.key} in a transaction`);
    }
    if (change.op === "delete") continue;
    if (!etag) throw new Error(`the table service gave no ETag for ${change.key}`);
    etags.set(change.key, etag);
  }
  return etags;
}

function conflictIn(error: unknown): "exists" | "changed" | "absent" | null {
  const code = codeOf(error);
  if (code === "EntityAlreadyExists") return "exists";
  if (code === "UpdateConditionNotSatisfied" || statusOf(error) === 412) return "changed";
  if (code === "ResourceNotFound") return "absent";
  return null;
}

/**
 * The service's message begins with the position of the failed operation: `3:The specified entity
 * already exists.`
 */
function failedIndex(error: unknown): number {
  const message = error instanceof Error ? error.message : "";
  const index = /"value":\s*"(\d+):/.exec(message)?.[1] ?? /^(\d+):/.exec(message)?.[1];
  return index === undefined ? -1 : Number(index);
}

/**
 * The client may repeat a read. It may not repeat a commit: if the first try was applied, the
 * second one meets its own write, and would report a conflict that there was not.
 */
function openTable(
  options: LedgerTableOptions,
  guardDeletes: Policy,
  maxRetries: number,
): TableClient {
  const { access, tableName } = options;
  const client: TableServiceClientOptions = {
    retryOptions: { maxRetries },
    additionalPolicies: [
      { policy: guardDeletes, position: "perCall" },
      { policy: timing(options), position: "perRetry" },
    ],
  };
  if (access.kind === "identity") {
    return new TableClient(access.tableUrl, tableName, access.credential, client);
  }
  return TableClient.fromConnectionString(access.connectionString, tableName, {
    ...client,
    allowInsecureConnection: access.connectionString.includes("http://"),
  });
}

function timing({ observe, monotonicMs }: LedgerTableOptions): Policy {
  return {
    name: "lrqServiceClock",
    sendRequest: async (request, next) => {
      const sentAtMs = monotonicMs();
      const answer = await next(request);
      const date = answer.headers.get("date");
      if (date !== undefined) {
        observe({ sentAtMs, receivedAtMs: monotonicMs(), dateMs: Date.parse(date) });
      }
      return answer;
    },
  };
}

/** A string literal of an OData filter. */
function quoted(value: string): string {
  return value.replaceAll("'", "''");
}

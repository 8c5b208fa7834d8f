import type { CallbackAnswer, CallbackRequest } from "./callback/answer.ts";
import type { CallbackBell, DrainBell } from "./ledger/outbox/message.ts";
import type { MachineAction } from "./ledger/sequence/machine-action.ts";
import type { RowChange } from "./ledger/sequence/rows.ts";
import type { SubmissionAnswer } from "./ledger/sequence/submission.ts";
import type { Command } from "./plan/command/command.ts";
import type { Hunted, Machine, MachinePage } from "./plan/known-machine.ts";
import type { LibraryFile } from "./plan/library/library-file.ts";

export type { Hunted, Machine, MachinePage };

/**
 * Everything outside, on one page. Adapters are in `azure/` and `defender/`, memory ports for the
 * simulation in `local/memory/`; both pass the contract suites in `test/contract/`. A port throws
 * only if the outside is out of reach or breaks its promise. Every answer that a workflow must
 * decide on is a value.
 */
export interface Ports {
  readonly ledger: Ledger;
  readonly bells: Bells;
  readonly poison: PoisonQueues;
  readonly evidence: EvidenceStore;
  readonly rows: RowStore;
  readonly defender: Defender;
  readonly callbacks: Callbacks;
  readonly clock: ServiceClock;
  readonly random: Random;
  readonly log: Log;
}

/** The table of one tenant and app: one partition, so each change of state is one transaction. */
export interface Ledger {
  /** The row under `key`, or null. */
  read(key: string): Promise<Row | null>;
  /** Rows with `from <= key < before`, in key order, at most `limit` (1 to 1,000). */
  list(from: string, before: string, limit: number): Promise<Row[]>;
  /**
   * All changes or none; 1 to 100 of them (Table service limit), each key at most once. Throws if
   * the service did not say which; the caller then reads again before it decides.
   */
  commit(changes: readonly RowChange[]): Promise<CommitOutcome>;
}

/** The ledger for callers that only read it. */
export type LedgerReads = Pick<Ledger, "read" | "list">;

/**
 * `body` is JSON of at most 450,000 characters (half a megabyte of UTF-16 in an entity of 1 MiB);
 * `etag` is opaque and changes with every write.
 */
export interface Row {
  readonly key: string;
  readonly body: unknown;
  readonly etag: string;
}

export type CommitOutcome =
  | { readonly kind: "committed"; readonly etags: ReadonlyMap<string, string> }
  /** Nothing was written. `key` is the row that had the conflict, if the service names it. */
  | {
      readonly kind: "conflict";
      readonly key: string | null;
      readonly why: "exists" | "changed" | "absent";
    };

/** The three queues. A message only points; the ledger decides. */
export interface Bells {
  /** Rings for a drain after `delayMs` (0 to 7 days; whole seconds on the wire, rounded up). */
  ringDrain(bell: DrainBell, delayMs: number): Promise<void>;
  /** Asks the collector to fetch the results of a finished sequence. */
  ringCollect(sequenceId: string, delayMs: number): Promise<void>;
  /** Asks for a notice to be sent now. */
  ringCallback(bell: CallbackBell): Promise<void>;
}

/** Messages that the host of the functions has given up, because their handling threw too often. */
export interface PoisonQueues {
  /** How many lie in each of the queues that has any, by its name; null if nobody can say. */
  count(): Promise<readonly { readonly queue: string; readonly count: number }[] | null>;
}

/** The create-only store of collected evidence. */
export interface EvidenceStore {
  /**
   * Streams `content` to `path` unless something is there already. `written`: the last byte is
   * stored, and all of it is visible; before that nothing is. Throws if the stream breaks; then
   * nothing is visible.
   */
  put(path: string, content: AsyncIterable<Uint8Array>): Promise<"written" | "exists">;
  /** The stored bytes and their number, or null if nothing is there. */
  open(path: string): Promise<{ content: AsyncIterable<Uint8Array>; size: number } | null>;
}

/**
 * The rows of machines, in files that only grow. They are read out of the evidence and say nothing
 * that the evidence does not say.
 */
export interface RowStore {
  /**
   * Appends 1 byte to 4 MiB (Append Block) at the end of the file at `path`, and makes the file
   * first if it is not there. All of it or nothing. If it throws, nobody knows which, and the same
   * may be there twice later.
   */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * The bytes that are in the file now and their number, or null if nothing is there. With a range
   * only those from `offset` on, at most `bytes`; the file has to be longer than `offset`.
   */
  open(
    path: string,
    range?: { readonly offset: number; readonly bytes: number },
  ): Promise<{ content: AsyncIterable<Uint8Array>; size: number } | null>;
  /** The paths that begin with `prefix`, sorted by UTF-16 units. */
  list(prefix: string): Promise<readonly string[]>;
}

/** The way out to everybody who is told of a run. */
export interface Callbacks {
  /**
   * Sends once, to an address that it checks each time. It follows no redirect, and bounds how long
   * it waits and how much it reads.
   */
  send(request: CallbackRequest): Promise<CallbackAnswer>;
}

/**
 * A question to Defender that may have no answer; `unavailable` says nothing about what was asked.
 */
export type Reply<T> =
  /** Defender's own clock from its answer, in whole seconds, where it is read. */
  | { readonly kind: "answered"; readonly value: T; readonly dateMs?: number }
  | { readonly kind: "throttled"; readonly retryAfterMs: number | null }
  | { readonly kind: "absent"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly httpStatus: number;
      readonly code: string;
      readonly detail: string;
    }
  /** `mayBeOfRequest`: Defender may mean the request itself, but does not say so for certain. */
  | {
      readonly kind: "unavailable";
      readonly detail: string;
      readonly mayBeOfRequest?: true;
    };

/**
 * A result as served: name and length from the headers (the machine may lie), then the bytes, which
 * can be read once.
 */
export interface Download {
  readonly fileName: string | null;
  readonly length: number | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Pays for the next page of a list before it is asked for; false if it cannot be paid. */
export type PayPage = () => Promise<boolean>;

/**
 * The Defender for Endpoint API, one method for each call; no call is repeated inside. A list may
 * have several pages, and each is a call. Whoever asks has paid for the first; `payPage` pays for
 * each further one. If it cannot, the list is `unavailable`.
 */
export interface Defender {
  /** Makes sure that there is a token, so that no time passes between a claim and its POST. */
  prepare(): Promise<Reply<null>>;
  /**
   * Asks `leaveWithinMs` right before the first byte is written, when everything else is ready. It
   * says how many milliseconds the POST still has to leave; at 0 or less the answer is `notSent`.
   * If the POST began and not all of it left in that time, the answer is `unknown`.
   */
  submit(
    machineId: string,
    commands: readonly Command[],
    comment: string,
    leaveWithinMs: () => number,
  ): Promise<SubmissionAnswer>;
  /** Live response actions created at or after `sinceMs`, newest first, of everybody. */
  listActions(sinceMs: number, payPage: PayPage): Promise<Reply<readonly MachineAction[]>>;
  /** Those that are Pending, of any age: offline machines keep sessions for days. */
  listPending(payPage: PayPage): Promise<Reply<readonly MachineAction[]>>;
  getAction(actionId: string): Promise<Reply<MachineAction>>;
  /** `refused` with 400: the action can no longer be cancelled. */
  cancelAction(actionId: string, comment: string): Promise<Reply<null>>;
  /**
   * A link to the result of one command, good for about 30 minutes. It is a secret and never stored
   * or logged. The answer has Defender's time.
   */
  resultLink(actionId: string, commandIndex: number): Promise<Reply<string>>;
  /** The bytes behind a result link. After `absent` or `refused` the caller asks for a new link. */
  download(link: string): Promise<Reply<Download>>;
  /** The machines with these ids, those that Defender knows; one call, so 20 ids at most. */
  readMachines(machineIds: readonly string[]): Promise<Reply<readonly Machine[]>>;
  /**
   * The machines whose DNS name begins with one of these labels, the label complete; one call, so
   * 10 labels at most. Null if there are more than one call shows.
   */
  findMachines(labels: readonly string[]): Promise<Reply<readonly Machine[] | null>>;
  /** Ids of machines that have reported since `sinceMs`. */
  machinesSeenSince(sinceMs: number, payPage: PayPage): Promise<Reply<readonly string[]>>;
  /**
   * One page of all machines of the tenant, of any kind and health: at most 2,000. `after` is null
   * for the first page, else `next` of the page before. Paid like a look-up: it is the same API.
   */
  listMachines(after: string | null): Promise<Reply<MachinePage>>;
  /**
   * The machines that a query of advanced hunting (KQL) names in its column `DeviceId`. `refused`
   * with 400: the query is wrong; with 403: the right to hunt is missing. It may take 200 s. It is
   * Defender's own API, which Microsoft is retiring, or Graph's: both take the same query.
   */
  hunt(query: string): Promise<Reply<Hunted>>;
  /** All files of the live response library; needs Library.Manage, else `refused` with 403. */
  listLibrary(): Promise<Reply<readonly LibraryFile[]>>;
}

/**
 * Time by the table service's clock: an interval, in epoch milliseconds. Decide with `earliest`,
 * stamp with `latest`; the true time is between them, whatever this host's clock says.
 */
export interface ServiceClock {
  earliest(): number;
  latest(): number;
  /** Of this host alone, to measure how long something took here. */
  monotonicMs(): number;
  /** Waits about that long; nothing else in the program sleeps. */
  sleep(ms: number): Promise<void>;
}

/** Uniform in [0, 1), random identifiers, and nonces that nobody can guess; seeded in tests. */
export interface Random {
  fraction(): number;
  /** 128 random bits, hex. */
  id(): string;
  /** 128 bits of a secure generator, hex. */
  nonce(): string;
}

/** One line for each decision: an event name, and fields that are never secrets. */
export type Log = (
  level: "info" | "warn" | "error",
  event: string,
  fields?: Readonly<Record<string, string | number | boolean | null>>,
) => void;

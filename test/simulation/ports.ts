import { noPoison } from "../../local/memory/no-poison.ts";
import type { CallbackAnswer, CallbackRequest } from "../../shared/callback/answer.ts";
import { classifySubmission } from "../../shared/defender/classify.ts";
import { lockedOut, type SubmissionAnswer } from "../../shared/ledger/sequence/submission.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type {
  CommitOutcome,
  Defender,
  EvidenceStore,
  Ledger,
  PayPage,
  Ports,
  Random,
  Reply,
  RowStore,
} from "../../shared/ports.ts";
import { isBadAnswer, isVerdict } from "./bad-answers.ts";
import { CUT, type Method } from "./faults.ts";
import { whileAlive } from "./hosts.ts";
import { isBarred } from "./scenario.ts";
import { between, chance } from "./streams.ts";
import type { Post, ReadApi } from "./tenant.ts";
import { OutOfReach, through, type Call, type Invocation } from "./wire.ts";
import type { World } from "./world.ts";

/** All ports of one invocation on one host, with whatever goes wrong between them and the world. */
export function portsOf(world: World, invocation: Invocation): Ports {
  const { observed } = invocation.epoch;
  return {
    ledger: ledgerOf(world, invocation),
    poison: noPoison,
    bells: {
      ringDrain: async (bell, delayMs) =>
        await through(world, invocation, {
          ...storageCall(world, "bells.ringDrain"),
          act: () => world.queue.ringDrain(bell, delayMs),
        }),
      ringCollect: async (sequenceId, delayMs) =>
        await through(world, invocation, {
          ...storageCall(world, "bells.ringCollect"),
          act: () => world.queue.ringCollect(sequenceId, delayMs),
        }),
      ringCallback: async (bell) =>
        await through(world, invocation, {
          ...storageCall(world, "bells.ringCallback"),
          act: async () => await world.queue.ringCallback(bell),
        }),
    },
    evidence: evidenceOf(world, invocation),
    rows: rowsOf(world, invocation),
    defender: defenderOf(world, invocation),
    callbacks: { send: async (request) => await sendOnce(world, invocation, request) },
    clock: observed.clock,
    random: { ...world.hostRandom, nonce: () => world.nonces.nonce() },
    log: () => {},
  };
}

function storageCall(
  world: World,
  method: Method,
  latency: Random = world.latency,
): Pick<Call<never>, "method" | "thereMs" | "backMs" | "lost"> {
  return {
    method,
    thereMs: between(latency, 2, 40),
    backMs: 0,
    lost: () => {
      throw new OutOfReach(`${method} got no answer`);
    },
  };
}

function ledgerOf(world: World, invocation: Invocation): Ledger {
  const ledger = invocation.epoch.isNewer ? world.newerLedger : world.ledger;
  const timed = async <T>(method: Method, act: () => Promise<T>, twice?: (value: T) => T) => {
    const { observed, frontEndMs } = invocation.epoch;
    const sentAtMs = observed.clock.monotonicMs();
    let dateMs = 0;
    const value = await through<T>(world, invocation, {
      ...storageCall(world, method),
      act: async () => {
        dateMs = Math.floor((world.clock.nowMs() + frontEndMs) / 1_000) * 1_000;
        return await act();
      },
      ...(twice === undefined ? {} : { twice }),
    });
    observed.observe({ sentAtMs, receivedAtMs: observed.clock.monotonicMs(), dateMs });
    return value;
  };
  return {
    read: async (key) => await timed("ledger.read", async () => await ledger.read(key)),
    list: async (from, before, limit) =>
      await timed("ledger.list", async () => await ledger.list(from, before, limit)),
    commit: async (changes) =>
      await timed<CommitOutcome>(
        "ledger.commit",
        async () => await ledger.commit(changes),
        (outcome) => (outcome.kind === "committed" ? conflictWithItself(changes) : outcome),
      ),
  };
}

function conflictWithItself(changes: readonly RowChange[]): CommitOutcome {
  const first = changes.find(
    (each) => each.op === "insert" || ("etag" in each && each.etag !== "*"),
  );
  const why = first?.op === "insert" ? "exists" : first?.op === "delete" ? "absent" : "changed";
  return { kind: "conflict", key: first?.key ?? null, why };
}

function evidenceOf(world: World, invocation: Invocation): EvidenceStore {
  return {
    put: async (path, content) =>
      await through(world, invocation, {
        ...storageCall(world, "evidence.put"),
        act: async () => await world.evidence.put(path, content),
      }),
    open: async (path) =>
      await through(world, invocation, {
        ...storageCall(world, "evidence.open"),
        act: async () => await world.evidence.open(path),
      }),
  };
}

function rowsOf(world: World, invocation: Invocation): RowStore {
  const calling = async <T>(method: Method, act: Call<T>["act"]) =>
    await through(world, invocation, { ...storageCall(world, method, world.rowLatency), act });
  return {
    append: async (path, bytes) =>
      await calling("rows.append", async () => await world.rows.append(path, bytes)),
    open: async (path, range) =>
      await calling("rows.open", async (fault) => {
        const opened = await world.rows.open(path, range);
        const isCut = fault === CUT && opened !== null;
        return isCut ? { ...opened, content: cutOff(opened.content) } : opened;
      }),
    list: async (prefix) => await calling("rows.list", async () => await world.rows.list(prefix)),
  };
}

/** Half of the first bytes, and then nothing more. */
async function* cutOff(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of content) {
    yield bytes.subarray(0, Math.floor(bytes.byteLength / 2));
    break;
  }
  throw new OutOfReach("rows.open broke off");
}

const UNPAID = { kind: "unavailable", detail: "no calls are left for its next page" } as const;

function defenderOf(world: World, invocation: Invocation): Defender {
  const { tenant } = world;
  const asked = async <T>(method: Method, act: () => Reply<T>): Promise<Reply<T>> =>
    await through<Reply<T>>(world, invocation, {
      method,
      thereMs: between(world.latency, 20, 400),
      backMs: between(world.latency, 50, 900),
      // A result link speaks for itself; all else wants a token.
      act: () => (method !== "defender.download" && hasNoToken(world) ? NO_TOKEN : act()),
      lost: () => ({ kind: "unavailable", detail: "no answer" }),
    });
  const read = async <T>(api: ReadApi, act: () => Reply<T>) => {
    world.judge.reads.leaves(api, invocation.epoch);
    return await asked(`defender.${api}`, act);
  };
  /** Each page is a call; what the last one shows counts. */
  const paged = async <T>(payPage: PayPage, ask: () => Promise<Reply<readonly T[]>>) => {
    let reply = await ask();
    const size = world.scenario.tenant.pageSize;
    for (let page = 1; reply.kind === "answered" && reply.value.length > page * size; page += 1) {
      if (!(await payPage())) return UNPAID;
      reply = await ask();
    }
    return reply;
  };
  return {
    prepare: async () => await asked("defender.prepare", () => ({ kind: "answered", value: null })),
    submit: async (machineId, commands, comment, leaveWithinMs) => {
      const post = { machineId, commands, comment, ours: true, requestor: "lrq" };
      return (
        (await connect(world, invocation, leaveWithinMs)) ??
        (await submitOnce(world, invocation, post))
      );
    },
    listActions: async (sinceMs, payPage) =>
      await paged(payPage, async () => await read("list", () => tenant.list(sinceMs))),
    listPending: async (payPage) =>
      await paged(payPage, async () => await read("list", () => tenant.listPending())),
    getAction: async (actionId) => await read("list", () => tenant.get(actionId)),
    cancelAction: async (actionId, comment) =>
      await read("cancel", () => tenant.cancel(actionId, comment)),
    resultLink: async (actionId, index) => await read("link", () => tenant.link(actionId, index)),
    download: async (link) =>
      await asked("defender.download", () => {
        const there = tenant.bytesBehind(link);
        if (there.kind !== "answered") return there;
        const text = there.value;
        const content = flowing(Buffer.from(text));
        return { kind: "answered", value: { fileName: "r.txt", length: text.length, content } };
      }),
    readMachines: async (machineIds) =>
      await read("machines", () => tenant.readMachines(machineIds)),
    findMachines: async () => ({ kind: "unavailable", detail: "not simulated" }),
    listMachines: async (after) => await read("machines", () => tenant.listMachines(after)),
    hunt: async (query) => await read("hunt", () => tenant.hunt(query)),
    listLibrary: async () => await read("library", () => tenant.listLibrary()),
    machinesSeenSince: async (sinceMs) =>
      await read("machines", () => tenant.machinesSeenSince(sinceMs)),
  };
}

/** A receiver that is slow has heard it, and answers later. */
async function sendOnce(
  world: World,
  invocation: Invocation,
  request: CallbackRequest,
): Promise<CallbackAnswer> {
  const { receivers, latency } = world;
  receivers.leaves(request);
  return await through<CallbackAnswer>(world, invocation, {
    method: "callbacks.send",
    thereMs: between(latency, 20, 300),
    backMs: between(latency, 20, 600) + receivers.waitMs(request),
    act: () => receivers.receive(request, invocation.epoch),
    lost: () => ({ kind: "unavailable", detail: "the connection broke" }),
  });
}

const NO_TOKEN = { kind: "unavailable", detail: "no access token" } as const;

function hasNoToken({ scenario, clock, startMs }: World): boolean {
  return isBarred(scenario, "token", clock.nowMs() - startMs);
}

async function* flowing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A connection stands soon; of some the handshake takes long, and of some nothing comes. */
const SLOW_CONNECTS = 0.05;
const SLOW_CONNECT_MS = [500, 9_000] as const;
const BROKEN_CONNECTS = 0.02;

/**
 * Null once a connection stands by which the POST may leave; nothing lies between that and its
 * leaving. Whoever waits for one gives up when the time to leave is over.
 */
async function connect(
  { clock, connecting, scenario }: World,
  { epoch }: Invocation,
  leaveWithinMs: () => number,
): Promise<Extract<SubmissionAnswer, { kind: "notSent" }> | null> {
  const isHard = scenario.profile !== "calm";
  const isSlow = chance(connecting, isHard ? SLOW_CONNECTS : 0);
  const isBroken = chance(connecting, isHard ? BROKEN_CONNECTS : 0);
  const takesMs = isSlow ? between(connecting, ...SLOW_CONNECT_MS) : between(connecting, 5, 150);
  await clock.sleep(Math.max(0, Math.min(takesMs, leaveWithinMs())));
  await whileAlive(clock, epoch);
  if (isBroken) return { kind: "notSent", detail: "the connection broke" };
  return leaveWithinMs() > 0 ? null : { kind: "notSent", detail: "no connection in time" };
}

/**
 * So many POSTs take so long to arrive that they are given up; together with a late one it stays
 * within the timeout.
 */
const SLOW_SHARE = 0.05;
const SLOW_MS = 17_000;

/**
 * A POST is given up after its timeout; it can have arrived, and be answered later, all the same.
 */
async function submitOnce(
  world: World,
  invocation: Invocation,
  post: Post & { comment: string },
): ReturnType<Defender["submit"]> {
  if (hasNoToken(world)) return { kind: "notSent", detail: "no access token" };
  world.judge.leaves(post.comment, invocation.epoch);
  const { callTimeoutMs } = world.scenario.limits;
  const mayBeSlow = world.scenario.profile !== "calm";
  const slow = chance(world.latency, mayBeSlow ? SLOW_SHARE : 0) ? SLOW_MS : 0;
  const answer = await through<SubmissionAnswer>(world, invocation, {
    method: "defender.submit",
    thereMs: between(world.latency, 20, 500) + slow,
    backMs: slow > 0 ? callTimeoutMs - slow : between(world.latency, 100, 1_500),
    act: (fault) => {
      const bad = fault !== null && isBadAnswer(fault) ? fault : null;
      const heard = world.tenant.submit(post, bad);
      if (isVerdict(heard)) world.judge.refuses(post.comment);
      if (heard === "silence" || slow > 0) return { kind: "unknown", detail: "no answer" };
      return classifySubmission(heard, world.clock.nowMs());
    },
    lost: () => ({ kind: "unknown", detail: "the connection broke" }),
  });
  if (lockedOut(answer) !== null) world.judge.door.refused(world.clock.nowMs());
  return answer;
}

import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import type { Command } from "../../shared/plan/command/command.ts";
import type { Hunted, Machine, MachinePage, Random, Reply } from "../../shared/ports.ts";
import { badAnswer, creates, json, refusal, type BadAnswer, type Heard } from "./bad-answers.ts";
import { isBarred, OFF_LIMITS, type Bar, type Scenario, type ScenarioMachine } from "./scenario.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import { hunted, namedIn } from "./hunting.ts";
import { libraryAt } from "./library.ts";
import { between } from "./streams.ts";
import { commandAt, described, isOpen, newAction, type TenantAction } from "./tenant-action.ts";
import { aMachine } from "../workflow/known-machines.ts";

/** What the judge hears of at the door: everything that arrives, before it is answered. */
export interface DoorWitness {
  arrived(nowMs: number): void;
  created(action: TenantAction, all: readonly TenantAction[], nowMs: number): void;
  cancelled(action: TenantAction, comment: string, nowMs: number): void;
  /** A list was given. */
  listed(nowMs: number): void;
}

/** What the judges of the library and of sweeps hear of. */
interface OtherWitness {
  /** A list of the library was given. */
  libraryListed(nowMs: number): void;
  /** A query was asked: the machines that a whole answer named, or null. */
  hunted(named: readonly string[] | null): void;
}

export interface Post {
  readonly machineId: string;
  readonly commands: readonly Command[];
  readonly comment: string | null;
  readonly ours: boolean;
  readonly requestor: string;
}

/**
 * One tenant of Defender as this simulation believes it to be, written apart from everything it is
 * used to test.
 */
export interface Tenant {
  readonly actions: readonly TenantAction[];
  submit(post: Post, bad: BadAnswer | null): Heard;
  list(sinceMs: number): Reply<readonly MachineAction[]>;
  listPending(): Reply<readonly MachineAction[]>;
  get(actionId: string): Reply<MachineAction>;
  cancel(actionId: string, comment: string): Reply<null>;
  link(actionId: string, index: number): Reply<string>;
  /** The bytes behind a link. */
  bytesBehind(link: string): Reply<string>;
  machinesSeenSince(sinceMs: number): Reply<readonly string[]>;
  readMachines(machineIds: readonly string[]): Reply<readonly Machine[]>;
  listMachines(after: string | null): Reply<MachinePage>;
  hunt(query: string): Reply<Hunted>;
  listLibrary(): Reply<readonly LibraryFile[]>;
}

/** Advanced hunting API page. */
const HUNTS_PER_MINUTE = 45;

export type ReadApi = "list" | "cancel" | "link" | "machines" | "library" | "hunt";

export function createTenant(
  scenario: Scenario,
  world: {
    nowMs: () => number;
    startMs: number;
    random: Random;
    witness: DoorWitness & OtherWitness;
  },
): Tenant {
  const { tenant: rules } = scenario;
  const { nowMs, startMs, random, witness } = world;
  const actions: TenantAction[] = [];
  const byId = new Map<string, TenantAction>();
  const posts: number[] = [];
  const reads = new Map<ReadApi, number[]>();
  const machines = new Map(scenario.machines.map((each) => [each.machineId, each]));

  const bars = (call: Bar["call"]) => isBarred(scenario, call, nowMs() - startMs);
  const open = () => actions.filter((each) => isOpen(each, nowMs()));
  const create = (post: Post): TenantAction => {
    const machine = machines.get(post.machineId);
    if (machine === undefined) throw new Error(`no machine ${post.machineId}`);
    const id = `action-${actions.length + 1}`;
    const action = newAction({ ...post, id, createdAtMs: nowMs() }, machine, rules, world);
    if (post.ours) witness.created(action, actions, nowMs());
    actions.push(action);
    byId.set(id, action);
    return action;
  };
  const refused = (post: Post): Heard | TenantAction | null => {
    const since = nowMs() - startMs;
    const machine = machines.get(post.machineId);
    const recent = posts.filter((atMs) => atMs > nowMs() - 60_000).length;
    if (recent > rules.callsPerMinute) {
      const wait = rules.retryAfterOnRate ? "30" : null;
      return refusal(429, "TooManyRequests", wait);
    }
    if (machine === undefined || !isThere(machine, since)) {
      return refusal(404, "ResourceNotFound");
    }
    const other = open().find((each) => each.machineId === post.machineId);
    if (other !== undefined) {
      return rules.givesExisting && !other.ours
        ? other
        : refusal(400, "ActiveRequestAlreadyExists");
    }
    const portal = machine.portal.some(([from, until]) => since >= from && since < until);
    if (portal) return refusal(400, "ActiveRequestAlreadyExists");
    if (open().length >= rules.maxSessions) return refusal(429, "TooManyRequests");
    return null;
  };
  const spends = (api: ReadApi): boolean => {
    const times = reads.get(api) ?? [];
    times.push(nowMs());
    reads.set(api, times);
    const within = (ms: number) => times.filter((atMs) => atMs > nowMs() - ms).length;
    const perMinute = api === "hunt" ? HUNTS_PER_MINUTE : rules.readsPerMinute;
    return within(60_000) <= perMinute && within(3_600_000) <= rules.readsPerHour;
  };
  /** The action, if `nowMs` lies between its first listing and its vanishing. */
  const known = (actionId: string): TenantAction | null => {
    const action = byId.get(actionId);
    if (action === undefined) return null;
    return nowMs() >= action.listedAtMs && nowMs() < action.vanishesAtMs ? action : null;
  };
  const isDenied = (what: "link" | "blob"): boolean => {
    const [fromMs, untilMs] = rules.denied?.span ?? [0, 0];
    const since = nowMs() - startMs;
    return rules.denied?.what === what && since >= fromMs && since < untilMs;
  };
  const present = (): ScenarioMachine[] =>
    scenario.machines.filter((each) => isThere(each, nowMs() - startMs));
  const listed = (): MachineAction[] => {
    const asOfMs = nowMs() - between(random, 0, rules.replicaLagMs);
    return actions
      .filter((each) => known(each.id) !== null)
      .map((each) => described(each, Math.max(asOfMs, each.createdAtMs)))
      .toReversed();
  };

  return {
    actions,
    submit: (post, bad) => {
      posts.push(nowMs());
      if (post.ours) witness.arrived(nowMs());
      if (post.ours && bars("submit")) return refusal(403, "Forbidden");
      const existing = actions.toReversed().find((each) => !each.ours) ?? null;
      if (bad !== null && !creates(bad)) {
        const speaksOf = bad.startsWith("existing") ? existing : null;
        if (bad.startsWith("existing") && existing === null) return refusal(503, "Unavailable");
        return badAnswer(bad, speaksOf, nowMs());
      }
      const no = refused(post);
      if (no !== null && no !== "silence" && "createdAtMs" in no) return json(201, spoken(no));
      if (no !== null) return no;
      const action = create(post);
      return bad === null ? json(201, spoken(action)) : badAnswer(bad, action, nowMs());
    },
    list: (sinceMs) => {
      if (!spends("list")) return { kind: "throttled", retryAfterMs: 10_000 };
      if (bars("list")) return FORBIDDEN;
      witness.listed(nowMs());
      return { kind: "answered", value: listed().filter((each) => isSince(each, sinceMs)) };
    },
    listPending: () => {
      if (!spends("list")) return { kind: "throttled", retryAfterMs: 10_000 };
      if (bars("list")) return FORBIDDEN;
      return { kind: "answered", value: listed().filter((each) => each.status === "Pending") };
    },
    machinesSeenSince: (sinceMs) => {
      if (!spends("machines")) return { kind: "throttled", retryAfterMs: null };
      const seen = present().filter(
        ({ offline }) =>
          !offline.some(([from, until]) => {
            return from + startMs <= sinceMs && nowMs() < until + startMs;
          }),
      );
      return { kind: "answered", value: seen.map((each) => each.machineId) };
    },
    readMachines: (machineIds) => {
      const [fromMs, untilMs] = rules.silent ?? [0, 0];
      const sinceMs = nowMs() - startMs;
      if (sinceMs >= fromMs && sinceMs < untilMs) {
        return { kind: "unavailable", detail: "it tells nobody of machines" };
      }
      if (!spends("machines")) return { kind: "throttled", retryAfterMs: null };
      const asked = machineIds
        .flatMap((each) => machines.get(each) ?? [])
        .filter((each) => isThere(each, sinceMs));
      return { kind: "answered", value: asked.map((each) => machineIn(each, sinceMs)) };
    },
    listMachines: (after) => {
      if (!spends("machines")) return { kind: "throttled", retryAfterMs: null };
      const from = after === null ? 0 : Number(after);
      const until = from + Math.min(rules.pageSize, MACHINES_PAGE);
      const all = present();
      const shown = all.slice(from, until);
      const next = until < all.length ? String(until) : null;
      const sinceMs = nowMs() - startMs;
      return {
        kind: "answered",
        value: { machines: shown.map((each) => machineIn(each, sinceMs, nowMs())), next },
      };
    },
    hunt: (query) => {
      if (!spends("hunt")) return { kind: "throttled", retryAfterMs: null };
      const reply = hunted(query, present(), nowMs() - startMs, scenario.sweeps?.hunting ?? null);
      witness.hunted(namedIn(reply));
      return reply;
    },
    listLibrary: () => {
      const sinceMs = nowMs() - startMs;
      const [fromMs, untilMs] = scenario.library?.silent ?? [0, 0];
      if (sinceMs >= fromMs && sinceMs < untilMs) {
        return { kind: "unavailable", detail: "it tells nobody of the library" };
      }
      if (!spends("library")) return { kind: "throttled", retryAfterMs: null };
      witness.libraryListed(nowMs());
      return { kind: "answered", value: libraryAt(scenario.library, sinceMs) };
    },
    get: (actionId) => {
      const action = known(actionId);
      if (!spends("list")) return { kind: "throttled", retryAfterMs: null };
      if (bars("list")) return FORBIDDEN;
      if (action === null) return { kind: "absent", detail: "no such action" };
      return { kind: "answered", value: described(action, nowMs()) };
    },
    cancel: (actionId, comment) => {
      if (!spends("cancel")) return { kind: "throttled", retryAfterMs: null };
      const action = byId.get(actionId);
      if (action === undefined || nowMs() >= action.vanishesAtMs) {
        return { kind: "absent", detail: "no such action" };
      }
      witness.cancelled(action, comment, nowMs());
      if (!isOpen(action, nowMs())) {
        return { kind: "refused", httpStatus: 400, code: "BadRequest", detail: "it has ended" };
      }
      action.cancelAtMs = Math.min(action.cancelAtMs, nowMs() + between(random, 0, 4_000));
      return { kind: "answered", value: null };
    },
    link: (actionId, index) => {
      if (!spends("link")) return { kind: "throttled", retryAfterMs: 5_000 };
      if (isDenied("link")) return FORBIDDEN;
      const action = known(actionId);
      if (action === null) return { kind: "absent", detail: "no such action" };
      const command = action.commands[index];
      if (command === undefined || command.type === "PutFile") {
        return { kind: "absent", detail: "no result" };
      }
      const { status } = commandAt(action, command, index, nowMs());
      if (status !== "Completed") return { kind: "absent", detail: "no result" };
      return { kind: "answered", value: `${actionId}/${index}/${nowMs()}` };
    },
    bytesBehind: (link) => {
      const [actionId = "", index = "", madeAtMs = ""] = link.split("/");
      if (isDenied("blob")) return FORBIDDEN;
      if (nowMs() > Number(madeAtMs) + 1_800_000) {
        return { kind: "refused", httpStatus: 403, code: "", detail: "the link is dead" };
      }
      return { kind: "answered", value: resultText(actionId, Number(index)) };
    },
  };
}

const FORBIDDEN = {
  kind: "refused",
  httpStatus: 403,
  code: "Forbidden",
  detail: "HTTP 403 Forbidden",
} as const;

/** Small, so that a list has several pages. */
const MACHINES_PAGE = 7;

/** True if Defender knows the machine, so long after the start. */
function isThere({ listedFromMs = 0, goneAtMs }: ScenarioMachine, sinceMs: number): boolean {
  return sinceMs >= listedFromMs && sinceMs < (goneAtMs ?? Infinity);
}

/** Defender's name of a machine. */
export function nameOf(machineId: string): string {
  return `host-${machineId.slice(-4)}.example`;
}

function machineIn(
  { machineId, isOther, offLimitsFromMs = Infinity }: ScenarioMachine,
  sinceMs: number,
  lastSeenAtMs: number | null = null,
): Machine {
  const platform = isOther === true ? "windows" : "linux";
  const tags = sinceMs >= offLimitsFromMs ? [OFF_LIMITS] : [];
  return aMachine(machineId, { name: nameOf(machineId), platform, tags, lastSeenAtMs });
}

/** What the n-th command of an action leaves behind. */
export function resultText(actionId: string, index: number): string {
  return JSON.stringify({ result: index, of: actionId });
}

function isSince(action: MachineAction, sinceMs: number): boolean {
  return (action.createdAtMs ?? 0) >= sinceMs;
}

function spoken({ id, comment, machineId, commands }: TenantAction): object {
  return { id, type: "LiveResponse", requestorComment: comment, machineId, commands };
}

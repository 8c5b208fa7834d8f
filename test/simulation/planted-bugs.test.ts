import { afterEach, describe, expect, it, vi } from "vitest";
import { end, giveBack } from "../../shared/ledger/moves.ts";
import type { move } from "../../shared/ledger/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence.ts";
import type { SubmissionAnswer } from "../../shared/ledger/submission.ts";
import type { Budget, reserve } from "../../shared/limits/budget.ts";
import type { admit } from "../../shared/limits/admit.ts";
import type { judge, Look } from "../../shared/limits/judge.ts";
import type { Limits } from "../../shared/limits/limits.ts";
import type { Slot } from "../../shared/limits/window.ts";
import type { Ports } from "../../shared/ports.ts";
import { firstFound, SEEDS, type Case } from "./find-bug.ts";
import type { Sabotage } from "./world.ts";

/*
 * The simulation, tested: each bug is planted from outside, in the ports, the settings, or in place
 * of one pure function, and has to be found by the judges.
 */
const planted = await vi.hoisted(async () => await import("./plant.ts"));
vi.mock(import("../../shared/limits/window.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/limits/budget.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/limits/admit.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/limits/judge.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/limits/quota.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/rows.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/intake.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/keys.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/moves.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/tag.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/sequence.ts"), async (real) =>
  planted.replaceable(await real()),
);

afterEach(() => {
  planted.bugs.clear();
});

const minuteOf = (atMs: number, limits: Limits) => Math.floor(atMs / limits.windowMs);
const inMinute = (slots: readonly Slot[], nowMs: number, limits: Limits) =>
  slots.filter((slot) => minuteOf(slot.reservedAtMs, limits) === minuteOf(nowMs, limits));
const KNOWN = new Set(["Pending", "InProgress", "Succeeded", "Failed", "TimeOut", "Cancelled"]);
const gaveUp = { code: "gaveUp", detail: "planted" };

const CASES: Readonly<Record<string, Case>> = {
  "counts by the fixed minute": {
    found: ["window"],
    functions: {
      takenSlots: (_, slots: Slot[], nowMs: number, limits: Limits) =>
        inMinute(slots, nowMs, limits),
      nextSlotAtMs: (_, slots: Slot[], nowMs: number, limits: Limits) =>
        inMinute(slots, nowMs, limits).length < limits.callsPerWindow
          ? nowMs
          : (minuteOf(nowMs, limits) + 1) * limits.windowMs,
    },
  },
  "stamps a call before its answer is in": {
    found: ["window"],
    functions: {
      reserve: (real: typeof reserve, ...given: Parameters<typeof reserve>) => {
        const next = real(...given);
        const slots = next.slots.map((slot) => ({
          ...slot,
          stampedAtMs: slot.stampedAtMs ?? slot.reservedAtMs,
        }));
        return { ...next, slots };
      },
      stamp: (_, budget: Budget) => budget,
    },
  },
  "lets one call too many into a window": {
    found: ["window"],
    sabotage: limited((limits) => ({ callsPerWindow: limits.callsPerWindow + 1 })),
  },
  "deletes rows before it writes the record": {
    found: ["rows"],
    sabotage: {
      ports: (ports) => ({ ...ports, ledger: { ...ports.ledger, commit: deletingFirst(ports) } }),
    },
  },
  "does not guard an unanswered POST": {
    found: ["once"],
    sabotage: limited(() => ({ guardMs: 0 })),
  },
  "takes a lost answer for a refusal": {
    found: ["once", "machine"],
    sabotage: answering((answer) =>
      answer.kind === "unknown" ? { kind: "throttled", retryAfterMs: 1 } : answer,
    ),
  },
  "sends a POST again when nobody answered": {
    found: ["once", "window", "paused", "expired"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        defender: {
          ...ports.defender,
          submit: async (...post) => {
            const answer = await ports.defender.submit(...post);
            return answer.kind === "unknown" ? await ports.defender.submit(...post) : answer;
          },
        },
      }),
    },
  },
  "ends a session on a status it does not know": {
    found: ["sessions", "machine", "once", "honest", "found"],
    functions: {
      isNews: () => true,
      judge: (real: typeof judge, record: SequenceRecord, look: Look, limits: Limits) =>
        record.state === "submitted" && !KNOWN.has(look.action?.status ?? "Pending")
          ? { kind: "move", after: end(record, "failed", gaveUp, look.nowMs) }
          : real(record, look, limits),
    },
  },
  "takes an action the list does not show for gone": {
    found: ["once", "machine"],
    functions: {
      isNews: () => true,
      judge: (real: typeof judge, record: SequenceRecord, look: Look, limits: Limits) =>
        record.state === "submitted" && look.action === null
          ? { kind: "move", after: giveBack(record, { kind: "ready" }, null) }
          : real(record, look, limits),
    },
  },
  "leaks the lease on a machine": {
    found: ["rows"],
    functions: {
      move: (real: typeof move, ...given: Parameters<typeof move>) =>
        real(...given).filter(({ op, key }) => op !== "delete" || !key.startsWith("machine!")),
    },
  },
  "does not count Pending as a session": {
    found: ["sessions", "holding"],
    functions: {
      releaseSession: (_, budget: Budget) => budget,
      freeSessions: (_, budget: Budget, __: number, limits: Limits) =>
        Math.max(0, limits.maxSessions + 2 - budget.sessions.length - budget.foreign),
    },
  },
  "forgets the bell it noted, and never repairs it": {
    found: ["ends"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        bells: {
          ...ports.bells,
          ringDrain: async (bell, delayMs) => {
            const isFirst = bell.why === "accepted" || bell.why === "planned";
            if (isFirst) await ports.bells.ringDrain(bell, delayMs);
          },
        },
      }),
    },
  },
  "ignores ETags": {
    found: ["moves", "rows", "holding", "window", "run", "once"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        ledger: {
          ...ports.ledger,
          commit: async (changes) =>
            await ports.ledger.commit(
              changes.map((each) => (each.op === "insert" ? each : { ...each, etag: "*" })),
            ),
        },
      }),
    },
  },
  "runs what has expired": {
    found: ["expired"],
    sabotage: { settings: ({ expiryMs }) => ({ expiryMs: expiryMs * 10 }) },
  },
  "takes every action for its own": {
    found: ["foreign", "honest"],
    functions: { sameTag: () => true },
  },
  "cancels what is not its own": {
    found: ["foreign"],
    sabotage: {
      ports: (ports, { tenant }) => ({
        ...ports,
        defender: {
          ...ports.defender,
          cancelAction: async (actionId, comment) => {
            const other = tenant.actions.find((each) => !each.ours)?.id;
            return await ports.defender.cancelAction(other ?? actionId, comment);
          },
        },
      }),
    },
  },
  "goes on while paused": {
    found: ["paused"],
    functions: {
      admit: (real: typeof admit, budget: Budget, nowMs: number, limits: Limits) =>
        real({ ...budget, paused: null }, nowMs, limits),
    },
  },
  "has no send fence": {
    found: ["paused", "recalled", "expired", "window", "once", "sessions", "machine"],
    sabotage: {
      ports: (ports) => ({ ...ports, clock: { ...ports.clock, monotonicMs: () => 0 } }),
    },
  },
  "looks at its clock before the connection, and not after": {
    found: ["paused", "recalled", "expired", "window"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        defender: {
          ...ports.defender,
          submit: async (machineId, commands, comment, leaveWithinMs) => {
            const leftMs = leaveWithinMs();
            const anyTime = () => (leftMs > 0 ? Number.POSITIVE_INFINITY : 0);
            return await ports.defender.submit(machineId, commands, comment, anyTime);
          },
        },
      }),
    },
  },
  "believes bytes stored that are not": {
    found: ["evidence"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        evidence: {
          ...ports.evidence,
          put: async (_, content) => {
            for await (const chunk of content) void chunk;
            return "written";
          },
        },
      }),
    },
  },
  "ends an intake row before its sequences have their own": {
    found: ["kept"],
    sabotage: {
      ports: (ports) => ({ ...ports, ledger: { ...ports.ledger, commit: endingFirst(ports) } }),
    },
  },
  "deletes the pointer before the intake row": {
    found: ["rows"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        ledger: { ...ports.ledger, commit: deletingPointersFirst(ports) },
      }),
    },
  },
  "never looks for what was planned and not rung for": {
    found: ["ends"],
    functions: {
      runIdOfPlanned: () => "0".repeat(20),
    },
  },
  "loses the bell for results every time": {
    found: ["ends"],
    sabotage: {
      ports: (ports) => ({ ...ports, bells: { ...ports.bells, ringCollect: async () => {} } }),
    },
  },
  "drops the last command": {
    found: ["bytes"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        defender: {
          ...ports.defender,
          submit: async (machineId, commands, ...others) =>
            await ports.defender.submit(machineId, commands.slice(0, -1), ...others),
        },
      }),
    },
  },
  "does not count lists and links": {
    found: ["reads"],
    functions: { spend: (_, quota: unknown) => ({ kind: "spent", quota }) },
  },
};

describe(`each planted bug is found within ${SEEDS} seeds`, () => {
  it.each(Object.entries(CASES))("one that %s", { timeout: 60_000 }, async (_, planted_) => {
    const found = await firstFound(planted_, planted.bugs);
    expect(found).not.toBeNull();
    expect(planted_.found).toContain(found?.invariant);
  });
});

function limited(change: (limits: Limits) => Partial<Limits>): Sabotage {
  return { settings: ({ limits }) => ({ limits: { ...limits, ...change(limits) } }) };
}

function answering(change: (answer: SubmissionAnswer) => SubmissionAnswer): Sabotage {
  return {
    ports: (ports) => ({
      ...ports,
      defender: {
        ...ports.defender,
        submit: async (...post) => change(await ports.defender.submit(...post)),
      },
    }),
  };
}

/** The row goes in a transaction of its own, and nothing guards it. */
function endingFirst({ ledger }: Ports): Ports["ledger"]["commit"] {
  return async (changes) => {
    const [first, ...others] = changes;
    if (first?.op !== "delete" || !first.key.startsWith("intake!")) {
      return await ledger.commit(changes);
    }
    const gone = await ledger.commit([{ ...first, etag: "*" }]);
    return gone.kind === "committed" ? await ledger.commit(others) : gone;
  };
}

function deletingPointersFirst({ ledger }: Ports): Ports["ledger"]["commit"] {
  return async (changes) => {
    const pointer = changes.find(({ op, key }) => op === "delete" && key.startsWith("planned!"));
    if (pointer === undefined) return await ledger.commit(changes);
    const gone = await ledger.commit([pointer]);
    const others = changes.filter((each) => each !== pointer);
    return gone.kind === "committed" ? await ledger.commit(others) : gone;
  };
}

function deletingFirst({ ledger }: Ports): Ports["ledger"]["commit"] {
  return async (changes) => {
    const deletions = changes.filter((each) => each.op === "delete");
    const others = changes.filter((each) => each.op !== "delete");
    if (deletions.length === 0 || others.length === 0) return await ledger.commit(changes);
    const first = await ledger.commit(deletions);
    return first.kind === "committed" ? await ledger.commit(others) : first;
  };
}

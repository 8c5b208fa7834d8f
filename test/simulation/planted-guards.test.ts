import { afterEach, describe, expect, it, vi } from "vitest";
import type { approve } from "../../shared/ledger/approval.ts";
import type { gateAfterEnd } from "../../shared/ledger/gate.ts";
import type { Ports } from "../../shared/ports.ts";
import { firstFound, SEEDS, type Case } from "./find-bug.ts";

/*
 * Bugs in what stands between an accepted incident and its submission, planted like those of
 * planted-bugs.test.ts.
 */
const planted = await vi.hoisted(async () => await import("./plant.ts"));
vi.mock(import("../../shared/ledger/approval.ts"), async (real) =>
  planted.replaceable(await real()),
);
vi.mock(import("../../shared/ledger/gate.ts"), async (real) => planted.replaceable(await real()));

afterEach(() => {
  planted.bugs.clear();
});

const CASES: Readonly<Record<string, Case>> = {
  "opens a gate when one of the first wave has ended": {
    found: ["gate", "wave"],
    functions: {
      gateAfterEnd: (real: typeof gateAfterEnd, ...given: Parameters<typeof gateAfterEnd>) => {
        const gate = real(...given);
        return gate.state === "first" && gate.done > 0 ? { ...gate, state: "open", held: 0 } : gate;
      },
    },
  },
  "looks at no gate when it claims": {
    found: ["held", "wave"],
    functions: { heldBy: () => null },
  },
  "counts nobody as held back": {
    found: ["gate"],
    functions: { withHeld: (_, gate: unknown) => gate },
  },
  "forgets that a gate has turned": {
    found: ["ends", "gate"],
    sabotage: {
      ports: (ports) => ({ ...ports, ledger: { ...ports.ledger, commit: forgettingTurns(ports) } }),
    },
  },
  "looks at no approval when it claims": {
    found: ["approved"],
    functions: { isUnapproved: () => false },
  },
  "takes two approvals of one person for two": {
    found: ["approved"],
    functions: {
      approve: (real: typeof approve, ...[approval, ...given]: Parameters<typeof approve>) => {
        const [plan, { by }] = given;
        const renamed = approval?.given.map((each) => ({
          ...each,
          by: `${by}, again`,
          objectId: null,
        }));
        const before = approval === null ? null : { ...approval, given: renamed ?? [] };
        return plan === null ? real(approval, ...given) : real(before, ...given);
      },
    },
  },
  "lets who asks approve": {
    found: ["approved"],
    functions: {
      approve: (real: typeof approve, ...[approval, ...given]: Parameters<typeof approve>) =>
        real(approval === null ? null : { ...approval, requesters: [] }, ...given),
    },
  },
  "takes any approval for one of the plan that stands": {
    found: ["approved"],
    functions: {
      approve: (real: typeof approve, ...given: Parameters<typeof approve>) => {
        const [approval, plan, asked, nowMs] = given;
        const planHash = plan?.planHash ?? asked.planHash;
        return real(approval, plan, { ...asked, planHash }, nowMs);
      },
    },
  },
};

describe(`each planted bug is found within ${SEEDS} seeds`, () => {
  it.each(Object.entries(CASES))("one that %s", { timeout: 60_000 }, async (_, planted_) => {
    const found = await firstFound(planted_, planted.bugs);
    expect(found).not.toBeNull();
    expect(planted_.found).toContain(found?.invariant);
  });
});

function forgettingTurns({ ledger }: Ports): Ports["ledger"]["commit"] {
  return async (changes) =>
    await ledger.commit(
      changes.filter(({ op, key }) => op === "delete" || !key.startsWith("opening!")),
    );
}

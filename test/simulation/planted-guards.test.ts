import { afterEach, describe, expect, it, vi } from "vitest";
import type { gateAfterEnd, heldBy } from "../../shared/ledger/gate.ts";
import type { Ports } from "../../shared/ports.ts";
import { firstFound, SEEDS, type Case } from "./find-bug.ts";

/*
 * Bugs in what stands between an accepted incident and its submission, planted like those of
 * planted-bugs.test.ts.
 */
const planted = await vi.hoisted(async () => await import("./plant.ts"));
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
  "leaves the first wave to itself when its run pauses": {
    found: ["held"],
    functions: {
      heldBy: (real: typeof heldBy, ...[gate, record]: Parameters<typeof heldBy>) =>
        gate?.state === "paused" && record.wave === 0 ? null : real(gate, record),
    },
  },
  "forgets that a gate has turned": {
    found: ["ends", "gate"],
    sabotage: {
      ports: (ports) => ({ ...ports, ledger: { ...ports.ledger, commit: forgettingTurns(ports) } }),
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

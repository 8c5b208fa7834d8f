import { expect, it } from "vitest";
import { loadBudget } from "../../../shared/store/load.ts";
import { drain } from "../../../shared/workflow/submit/drain.ts";
import { startGoingOn } from "../going-on.ts";

it("a driver that leaves without a bell takes its promise back, so that the next may go at once", async () => {
  const app = startGoingOn();
  await app.accept("case", [1, 2, 3]);
  const settings = { limits: app.limits, lingerMs: 240_000, scope: {} };
  const seen: (string | null)[] = [];
  const ledger: typeof app.ledger = {
    ...app.ledger,
    commit: async (changes) => {
      const outcome = await app.ledger.commit(changes);
      seen.push((await loadBudget(app.ledger)).value.driver?.hostId ?? null);
      return outcome;
    },
  };
  const bell = { why: "due", runId: null, urgent: false } as const;
  // Only one goes before Defender has shown a list.
  expect(await drain({ ...app.ports, ledger }, settings, bell)).toEqual({
    submitted: 1,
    ended: "unwatched",
  });
  expect(seen[0]).not.toBeNull();
  expect(seen.at(-1)).toBeNull();
});

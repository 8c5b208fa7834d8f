import { afterEach, describe, expect, it, vi } from "vitest";
import type { noticesOf } from "../../shared/ledger/notice.ts";
import type { Ports } from "../../shared/ports.ts";
import { firstFound, SEEDS, type Case } from "./find-bug.ts";

/*
 * Bugs in what tells others of a run, planted like those of planted-bugs.test.ts.
 */
const planted = await vi.hoisted(async () => await import("./plant.ts"));
vi.mock(import("../../shared/ledger/notice.ts"), async (real) => planted.replaceable(await real()));
vi.mock(import("../../shared/ledger/told.ts"), async (real) => planted.replaceable(await real()));

afterEach(() => {
  planted.bugs.clear();
});

const CASES: Readonly<Record<string, Case>> = {
  "deletes a notice before it is sent": {
    found: ["told"],
    sabotage: {
      ports: (ports) => ({ ...ports, callbacks: { send: deletingFirst(ports) } }),
    },
  },
  "gives every try an id of its own": {
    found: ["told"],
    sabotage: {
      ports: (ports, { clock }) => ({
        ...ports,
        callbacks: {
          send: async (request) => {
            const id = `${request.headers["webhook-id"]} at ${clock.nowMs()}`;
            const headers = { ...request.headers, "webhook-id": id };
            return await ports.callbacks.send({ ...request, headers });
          },
        },
      }),
    },
  },
  "takes every answer for a good one": {
    found: ["told"],
    sabotage: {
      ports: (ports) => ({
        ...ports,
        callbacks: {
          send: async (request) => {
            await ports.callbacks.send(request);
            return { kind: "answered", httpStatus: 200, retryAfterMs: null };
          },
        },
      }),
    },
  },
  "loses the bell for callbacks every time": {
    found: ["ends"],
    sabotage: {
      ports: (ports) => ({ ...ports, bells: { ...ports.bells, ringCallback: async () => {} } }),
    },
  },
  "goes on owing to who wants no more": {
    found: ["told"],
    functions: {
      noticesOf: (real: typeof noticesOf, ...[run, ...event]: Parameters<typeof noticesOf>) => {
        const callbacks = run.callbacks.map((each) => ({ ...each, endedAtMs: null }));
        return real({ ...run, callbacks }, ...event);
      },
    },
  },
  "tells nobody that a sequence has ended": {
    found: ["told"],
    functions: { noticesOfEnd: () => [] },
  },
};

describe(`each planted bug is found within ${SEEDS} seeds`, () => {
  it.each(Object.entries(CASES))("one that %s", { timeout: 60_000 }, async (_, planted_) => {
    const found = await firstFound(planted_, planted.bugs);
    expect(found).not.toBeNull();
    expect(planted_.found).toContain(found?.invariant);
  });
});

function deletingFirst({ ledger, callbacks }: Ports): Ports["callbacks"]["send"] {
  return async (request) => {
    const id = request.headers["webhook-id"] ?? "";
    const rows = await ledger.list("notice!", 'notice"', 1_000);
    const row = rows.find(({ key }) => key.endsWith(id));
    if (row !== undefined) await ledger.commit([{ op: "delete", key: row.key, etag: row.etag }]);
    return await callbacks.send(request);
  };
}

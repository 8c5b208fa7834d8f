import { describe, expect, it } from "vitest";
import type { Reply } from "../../shared/ports.ts";
import { resolveMachines } from "../../shared/workflow/accept/resolve-machines.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "../workflow/accepting.ts";

const MACHINE_ID = "1".padStart(40, "0");
const BY_NAME = { machineId: null, name: "pc-1", platform: null };
const BY_ID = { machineId: MACHINE_ID, name: null, platform: null };
/** A scope that needs to know more of a machine than its id. */
const BY_TAG = { allow: [{ tags: ["lab"] }] };

async function resolved(
  reply: Reply<never>,
  mention: typeof BY_NAME | typeof BY_ID,
): ReturnType<typeof resolveMachines> {
  const { ports } = startAccepting();
  const answer = async (): Promise<Reply<never>> => reply;
  const defender = { ...ports.defender, findMachines: answer, readMachines: answer };
  const settings = { limits: someLimits(), by: "soar", pay: async () => true, scope: BY_TAG };
  return await resolveMachines({ ...ports, defender }, settings, [mention]);
}

describe.each([
  ["a name", BY_NAME],
  ["an id", BY_ID],
])("a machine given by %s", (_, mention) => {
  it.each<[string, Reply<never>]>([
    ["its token", { kind: "refused", httpStatus: 401, code: "", detail: "HTTP 401" }],
    ["its right", { kind: "refused", httpStatus: 403, code: "Forbidden", detail: "HTTP 403" }],
    [
      "nothing, but a 400 may mean it",
      { kind: "unavailable", detail: "HTTP 400", mayBeOfRequest: true },
    ],
    ["nothing, but a page comes", { kind: "unavailable", detail: "HTTP 404 with a page" }],
  ])(
    "is not known while Defender refuses lrq %s, and the answer says why",
    async (_what, reply) => {
      const found = await resolved(reply, mention);
      expect(found).toMatchObject({
        kind: "unavailable",
        detail: expect.stringContaining("detail" in reply ? reply.detail : ""),
      });
    },
  );

  it("is left out with the reason if Defender says that there is none", async () => {
    const found = await resolved({ kind: "absent", detail: "HTTP 404 NotFound" }, mention);
    expect(found).toMatchObject({ kind: "resolved", machines: [{ kind: "unresolved" }] });
  });
});

it("a name that Defender refuses to look for is left out with its words", async () => {
  const code = "InvalidInput";
  const refused = { kind: "refused", httpStatus: 400, code, detail: "bad filter" } as const;
  const found = await resolved(refused, BY_NAME);
  expect(found).toMatchObject({
    machines: [{ kind: "unresolved", reason: expect.stringContaining("bad filter") }],
  });
});

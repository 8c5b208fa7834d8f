import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definitionSchema, type Definition } from "./definition.ts";
import { runLogicApp, type Outputs } from "./logic-app.ts";

const comment = (runAfter: object, message = "hello") => ({
  type: "ApiConnection",
  inputs: {
    host: { connection: { name: "c-1" } },
    method: "post",
    path: "/Incidents/Comment",
    body: { message },
  },
  runAfter,
});
const ends = (runStatus: string, runAfter: object) => ({
  type: "Terminate",
  inputs: { runStatus },
  runAfter,
});
const either = (equals: unknown, actions: object, more: object = {}) => ({
  type: "If",
  expression: { and: [{ equals }] },
  actions,
  runAfter: {},
  ...more,
});

function definition(actions: object): Definition {
  return definitionSchema.parse({
    $schema: "",
    contentVersion: "1.0.0.0",
    parameters: {},
    triggers: {},
    actions,
    outputs: {},
  });
}

const noAnswer = async () => null;

/** How it ends, and what was said, if the connector answers with these statuses in their order. */
async function outcomeOf(actions: object, ...statuses: number[]) {
  const said: unknown[] = [];
  const connector = async ({ body }: { body: unknown }): Promise<Outputs> => {
    said.push(body);
    return { statusCode: statuses.shift() ?? 200, body: null };
  };
  const started = { triggerBody: { name: "n" }, parameters: {}, runName: "r" };
  const ended = await runLogicApp(definition(actions), started, { http: noAnswer, connector });
  return { ...ended, said };
}

const branches = (value: string) => {
  const no = { actions: { no: comment({}, "no") } };
  const yes = { yes: comment({}, "yes") };
  return { if: either(["@triggerBody()['name']", value], yes, { else: no }) };
};

describe("the Logic App in small", () => {
  it("runs an action when those before it ended as it asks for, in whatever order they stand", async () => {
    const actions = {
      last: comment({ first: ["Succeeded"] }, "second"),
      skipped: comment({ first: ["Failed"] }, "never"),
      first: comment({}, "@triggerBody()['name']"),
    };
    const { status, said, actions: each } = await outcomeOf(actions);
    expect([status, said]).toEqual(["Succeeded", [{ message: "n" }, { message: "second" }]]);
    expect(each.get("skipped")).toBe("Skipped");
  });

  it("fails if a last action failed, and not if another took care of it", async () => {
    expect((await outcomeOf({ one: comment({}) }, 403)).status).toBe("Failed");
    const cared = { one: comment({}), two: comment({ one: ["Failed"] }) };
    expect((await outcomeOf(cared, 403)).status).toBe("Succeeded");
    const skipped = { one: comment({}), two: comment({ one: ["Succeeded"] }) };
    expect((await outcomeOf(skipped, 403)).status).toBe("Failed");
  });

  it("takes one branch, and fails with what failed in it", async () => {
    expect((await outcomeOf(branches("n"))).said).toEqual([{ message: "yes" }]);
    const other = await outcomeOf(branches("m"), 500);
    expect([other.status, other.said]).toEqual(["Failed", [{ message: "no" }]]);
  });

  it("ends where it is told to", async () => {
    const actions = {
      end: ends("Cancelled", { one: ["Failed"] }),
      one: comment({}),
      two: comment({ end: ["Succeeded"] }),
    };
    const { status, said } = await outcomeOf(actions, 404);
    expect([status, said.length]).toEqual(["Cancelled", 1]);
  });

  it("refuses an action, or a field of one, that it does not know", () => {
    const http = {
      type: "Http",
      inputs: { method: "GET", uri: "https://x.example" },
      runAfter: {},
    };
    const limited = { ...comment({}), limit: { timeout: "PT1H" } };
    const wait = { type: "Wait", inputs: {}, runAfter: {} };
    for (const action of [http, limited, wait]) {
      expect(() => definition({ action })).toThrow(z.ZodError);
    }
  });

  it("refuses expressions about an action that is not there, and waiting in vain", async () => {
    const asks = { one: comment({}, "@{outputs('two')}") };
    await expect(outcomeOf(asks)).rejects.toThrow("no action is called two");
    await expect(outcomeOf({ one: comment({ two: ["Succeeded"] }) })).rejects.toThrow("in vain");
  });
});

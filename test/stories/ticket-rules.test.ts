import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { webhook } from "../incident/webhooks.ts";
import { infraFile } from "../infra/snapshot.ts";
import { acceptedSchema } from "./answers.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * What docs/tickets.md tells to copy into ServiceNow and Jira, filled in as these do it: only with
 * what the rules use, and everything else is refused.
 */

const KEYS = { servicenow: "the key of ServiceNow", jira: "the key of Jira" } as const;

/** The machines of the fixtures: their ids begin and end with a number, with a letter between. */
const MACHINES = ["01d", "02d", "01e", "02e", "03e"].map((name) => {
  const number = name.slice(0, 2);
  const id = `${number}${name.slice(2).repeat(36)}${number}`;
  return { id, computerDnsName: `pc-${name}.contoso.example`, osPlatform: "Windows11" };
});

let stage: Stage;
beforeAll(async () => {
  const callers = Object.entries(KEYS).map(([source, key]) => ({
    name: source,
    key: hashed(key),
    may: ["incident.submit"],
    sources: [source],
  }));
  const env = { CALLERS: JSON.stringify(callers) };
  stage = await openStage({ machines: MACHINES, env });
});
afterAll(async () => await stage.close());

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function answerTo({ method, url, headers, body }: Request) {
  const answered = await fetch(url, { method, headers: { ...headers, connection: "close" }, body });
  return { status: answered.status, body: await answered.json() };
}

const restMessageSchema = z.strictObject({
  name: z.string(),
  endpoint: z.string(),
  authenticationType: z.literal("No authentication"),
  method: z.strictObject({
    name: z.string(),
    httpMethod: z.literal("POST"),
    endpoint: z.string(),
    authenticationType: z.literal("No authentication"),
    headers: z.record(z.string(), z.string()),
  }),
});
const recordSchema = z.record(
  z.string(),
  z.union([z.string(), z.looseObject({ display_value: z.string() })]),
);

const properties: Readonly<Record<string, () => string>> = {
  "glide.servlet.uri": () => "https://contoso.service-now.example/",
  "lrq.url": () => stage.url,
  "lrq.key": () => KEYS.servicenow,
};
const gs = {
  getProperty: (name: string) => {
    const value = properties[name];
    if (value === undefined) throw new Error(`no property ${name}`);
    return value();
  },
};

/** A record as a business rule sees it, after an operation that changed these fields. */
function glideRecord(record: unknown, operation: string, changes: readonly string[]) {
  const fields = recordSchema.parse(record);
  const changing = (name: string) => ({ changes: () => changes.includes(name) });
  const valueOf = (name: string) => {
    const field = fields[name];
    return typeof field === "string" ? field : null;
  };
  return {
    operation: () => operation,
    getUniqueValue: () => valueOf("sys_id"),
    getValue: (name: string) => (name === "active" ? "1" : valueOf(name)),
    getDisplayValue: (name: string) => {
      const field = fields[name];
      return typeof field === "object" ? field.display_value : null;
    },
    getLink: () => `incident.do?sys_id=${valueOf("sys_id") ?? ""}`,
    u_mde_device_id: changing("u_mde_device_id"),
    cmdb_ci: changing("cmdb_ci"),
  };
}

/** What the business rule sends after an operation, with the outbound REST message. */
function sentByServiceNow(operation: string, changes: readonly string[] = []): Request[] {
  const { name, method } = restMessageSchema.parse(
    JSON.parse(infraFile("servicenow/rest-message.json")),
  );
  const sent: Request[] = [];
  class RESTMessageV2 {
    readonly #values = new Map<string, string>();
    #body = "";
    constructor(...asked: string[]) {
      if (asked.join() !== `${name},${method.name}`) throw new Error(`no message ${asked.join()}`);
    }
    setStringParameterNoEscape(of: string, value: string): void {
      this.#values.set(of, value);
    }
    setRequestBody(body: string): void {
      this.#body = body;
    }
    executeAsync(): void {
      const filled = (text: string) =>
        text.replaceAll(/\$\{(\w+)\}/g, (_, of: string) => this.#values.get(of) ?? "");
      const headers = Object.entries(method.headers).map(([of, value]) => [of, filled(value)]);
      sent.push({
        method: method.httpMethod,
        url: filled(method.endpoint),
        headers: Object.fromEntries(headers),
        body: this.#body,
      });
    }
  }
  const current = glideRecord(webhook("servicenow"), operation, changes);
  runInNewContext(infraFile("servicenow/business-rule.js"), {
    current,
    gs,
    sn_ws: { RESTMessageV2 },
  });
  return sent;
}

describe("the business rule of ServiceNow", () => {
  it("sends a new incident, and lrq accepts it for every machine", async () => {
    const [request, ...others] = sentByServiceNow("insert");
    if (request === undefined) throw new Error("nothing was sent");
    expect(others).toEqual([]);
    const { status, body } = await answerTo(request);
    expect([status, acceptedSchema.parse(body).sequences.length]).toEqual([202, 2]);
  });

  it("sends it again if its machines change, and gets the same run", async () => {
    const requests = [
      ...sentByServiceNow("insert"),
      ...sentByServiceNow("update", ["u_mde_device_id"]),
      ...sentByServiceNow("update", ["cmdb_ci"]),
    ];
    const answers = await Promise.all(requests.map(answerTo));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => acceptedSchema.parse(body).runId)).size).toBe(1);
  });

  it("sends nothing if something else changes, such as the notes of lrq", () => {
    expect(sentByServiceNow("update", ["work_notes"])).toEqual([]);
  });

  it("is what ServiceNow's ECMAScript 5 can read", () => {
    const script = infraFile("servicenow/business-rule.js").replaceAll(/\/\/.*/g, "");
    expect(script).toContain("function");
    expect(script).not.toMatch(/=>|`|\b(?:let|const|class|async|of)\s|\.\.\.|\?[.?]|,\s*[)\]]/);
  });
});

const issueSchema = z.looseObject({ issue: z.unknown() });

/** The body of the web request as Jira's automation fills it in: text, or encoded for JSON. */
function filledByJira(smartValues: unknown): string {
  return infraFile("jira/web-request-body.txt").replaceAll(/\{\{(.*?)\}\}/g, (_, path: string) => {
    const names = path.split(".");
    const encodes = names.at(-1) === "jsonEncode";
    const text = textAt(smartValues, encodes ? names.slice(0, -1) : names);
    return encodes ? JSON.stringify(text).slice(1, -1) : text;
  });
}

/** What is not there is an empty text; a list is its texts with commas between them. */
function textAt(value: unknown, [name, ...rest]: readonly string[]): string {
  if (name === undefined)
    return z
      .array(z.string())
      .parse([value ?? []].flat())
      .join(", ");
  const found = Object.entries(value ?? {}).find(([each]) => each === name);
  return textAt(found?.[1], rest);
}

/** An issue as smart values show it: its fields are directly below it. */
function smartIssue(more: object): object {
  const { issue } = issueSchema.parse(webhook("jira"));
  const { fields, ...rest } = z.looseObject({ fields: z.looseObject({}) }).parse(issue);
  return { issue: { ...fields, ...rest, ...more } };
}

const sentByJira = async (more: object) =>
  await answerTo({
    method: "POST",
    url: `${stage.url}/api/incidents/jira`,
    headers: { "content-type": "application/json", authorization: `Bearer ${KEYS.jira}` },
    body: filledByJira(smartIssue(more)),
  });

describe("the web request of Jira's automation rule", () => {
  it.each([
    ["one machine in the field", { id: "1" }, 1],
    [
      "several machines in the field",
      { id: "2", customfield_10030: MACHINES.slice(2).map(({ id }) => id) },
      3,
    ],
    [
      "machines in the description, and quotes and lines in its texts",
      {
        id: "3",
        customfield_10030: null,
        summary: 'He wrote "run it"\\',
        description: `See below.\nMachine ids: ${MACHINES[2]?.id ?? ""}`,
      },
      1,
    ],
  ])("is accepted with %s", async (_, more, machines) => {
    const { status, body } = await sentByJira(more);
    expect([status, acceptedSchema.parse(body).sequences.length]).toEqual([202, machines]);
  });

  it("is nothing to do for an issue that is done", async () => {
    const status = { statusCategory: { key: "done" } };
    expect((await sentByJira({ id: "4", status })).status).toBe(422);
  });
});

import { z } from "zod";
import { startReceiver, type Reaction, type Received, type Receiver } from "../receiver.ts";

/** ServiceNow, Jira and Azure's management API in small, on one address, with what they keep. */
export interface TicketSystems {
  readonly url: string;
  /** Work notes by the record's sys_id. */
  readonly workNotes: ReadonlyMap<string, readonly string[]>;
  /** Comments by the issue's id. */
  readonly issueComments: ReadonlyMap<string, readonly string[]>;
  /** Comments by their whole resource path; one that is put again overwrites itself. */
  readonly incidentComments: ReadonlyMap<string, string>;
  /** What was refused, in the words of whoever refused it. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

export const SERVICENOW_HEADER = { name: "Authorization", value: "Basic bHJxOnNlY3JldA==" };
export const JIRA_HEADER = { name: "Authorization", value: "Bearer a-jira-token" };
export const MANAGEMENT_TOKEN = "a-management-token";

const RECORD = /^\/api\/now\/table\/incident\/([0-9a-f]{32})$/;
const ISSUE = /^\/rest\/api\/2\/issue\/(\d+)\/comment$/;
/** With the version of the API that comments are put by. */
const COMMENT = new RegExp(
  "^(/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+" +
    "/providers/Microsoft\\.OperationalInsights/workspaces/[^/]+" +
    "/providers/Microsoft\\.SecurityInsights/incidents/[^/]+" +
    "/comments/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})" +
    "\\?api-version=2025-09-01$",
  "i",
);

/** Each refuses what the real one refuses: another method, another body, no right to. */
export async function startTicketSystems(): Promise<TicketSystems> {
  const workNotes = new Map<string, string[]>();
  const issueComments = new Map<string, string[]>();
  const incidentComments = new Map<string, string>();
  const refused: string[] = [];
  const react = (request: Received): Reaction => {
    const { path } = request;
    const record = RECORD.exec(path)?.[1];
    if (record !== undefined) {
      const { work_notes: text } = readRequest(request, "PATCH", SERVICENOW_HEADER.value, NOTE);
      put(workNotes, record, text);
      return 200;
    }
    const issue = ISSUE.exec(path)?.[1];
    if (issue !== undefined) {
      put(
        issueComments,
        issue,
        readRequest(request, "POST", JIRA_HEADER.value, ISSUE_COMMENT).body,
      );
      return 201;
    }
    const comment = COMMENT.exec(path)?.[1];
    if (comment === undefined) throw new Refusal(`nothing at ${path}`, 404);
    const known = incidentComments.has(comment);
    const { properties } = readRequest(
      request,
      "PUT",
      `Bearer ${MANAGEMENT_TOKEN}`,
      INCIDENT_COMMENT,
    );
    incidentComments.set(comment, properties.message);
    return known ? 200 : 201;
  };
  const receiver: Receiver = await startReceiver((request) => {
    try {
      return react(request);
    } catch (error) {
      refused.push(String(error));
      return error instanceof Refusal ? error.status : 400;
    }
  });
  const { url, close } = { url: receiver.url, close: async () => await receiver.close() };
  return { url, workNotes, issueComments, incidentComments, refused, close };
}

function put(to: Map<string, string[]>, id: string, text: string): void {
  to.set(id, [...(to.get(id) ?? []), text]);
}

class Refusal extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const NOTE = z.strictObject({ work_notes: z.string().min(1) });
const ISSUE_COMMENT = z.strictObject({ body: z.string().min(1) });
const INCIDENT_COMMENT = z.strictObject({
  properties: z.strictObject({ message: z.string().min(1).max(30_000) }),
});

function readRequest<T>(
  { method, path, headers, body }: Received,
  expected: string,
  authorization: string,
  schema: z.ZodType<T>,
): T {
  if (method !== expected) throw new Refusal(`${method} ${path}`, 405);
  if (headers["authorization"] !== authorization) throw new Refusal(`who calls ${path}?`, 401);
  if (headers["content-type"] !== "application/json") throw new Refusal(`type at ${path}`, 415);
  return schema.parse(JSON.parse(body));
}

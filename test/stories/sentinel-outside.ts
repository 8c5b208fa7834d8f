import { z } from "zod";
import type { Asked, Outputs, Outside, Sent } from "../infra/sentinel/logic-app.ts";

/** Sentinel as its connector shows it to a playbook, and what was sent to lrq. */
export interface SentinelOutside extends Outside {
  /** Comments in their order, by the path of their incident. */
  readonly comments: readonly { readonly incident: string; readonly message: string }[];
  /** The statuses that the HTTP action got. */
  readonly statuses: readonly number[];
}

export interface SentinelOptions {
  /** The paths of the incidents that there are. */
  readonly incidents: readonly string[];
  /** The incident of each alert, by the alert's path. */
  readonly alerts: Readonly<Record<string, string>>;
  readonly connection: string;
  readonly identity: string;
  /** A token of the identity, for an audience. */
  token(audience: string): Promise<string>;
}

const commentSchema = z.strictObject({
  incidentArmId: z.string(),
  message: z.string().min(1).max(30_000),
});

/** Refuses what the real one refuses: another connection, incident or identity. */
export function sentinelOutside(options: SentinelOptions): SentinelOutside {
  const comments: { incident: string; message: string }[] = [];
  const statuses: number[] = [];
  return {
    comments,
    statuses,
    http: async (request) => {
      if (request.identity !== options.identity) throw new Error(`not ours: ${request.identity}`);
      const answered = await send(request, await options.token(request.audience));
      statuses.push(answered.statusCode);
      return answered;
    },
    connector: async (asked) => {
      if (asked.connection !== options.connection) throw new Error(asked.connection);
      const comment = `${asked.method} ${asked.path}` === "post /Incidents/Comment";
      return comment ? put(asked, options, comments) : find(asked, options);
    },
  };
}

/** The HTTP action; its body is JSON if the answer says so, else text. */
async function send({ uri, headers, body }: Sent, token: string): Promise<Outputs> {
  const response = await fetch(uri, {
    method: "POST",
    headers: { ...headers, authorization: `Bearer ${token}`, connection: "close" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return { statusCode: response.status, body: isJson ? JSON.parse(text) : text };
}

function put(
  { body }: Asked,
  { incidents }: SentinelOptions,
  comments: { incident: string; message: string }[],
): Outputs {
  const read = commentSchema.safeParse(body);
  if (!read.success) return { statusCode: 400, body: read.error.message };
  const { incidentArmId, message } = read.data;
  const incident = incidents.find((one) => one.toLowerCase() === incidentArmId.toLowerCase());
  if (incident === undefined) return { statusCode: 404, body: "no such incident" };
  comments.push({ incident, message });
  return { statusCode: 201, body: {} };
}

function find({ method, path }: Asked, { alerts }: SentinelOptions): Outputs {
  if (method !== "get" || !path.startsWith("/Incidents/")) throw new Error(`${method} ${path}`);
  const id = alerts[path.slice("/Incidents".length)];
  if (id === undefined) return { statusCode: 404, body: "no such alert" };
  return { statusCode: 200, body: { id } };
}

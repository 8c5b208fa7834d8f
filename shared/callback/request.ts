import { signatureOf } from "../access/standard-webhooks.ts";
import type { CallbackRequest } from "./answer.ts";
import { genericBody, plainLines, type CallbackFacts } from "./message.ts";

/** A target with everything needed to send to it; holds secrets. */
export type Recipient =
  | {
      readonly shape: "generic" | "servicenow" | "jira";
      readonly url: string;
      readonly secrets: readonly string[];
      readonly header: { readonly name: string; readonly value: string } | null;
    }
  | {
      readonly shape: "sentinel";
      /** The incident as a resource, and where Azure's management API is. */
      readonly armId: string;
      readonly managementUrl: string;
    };

/** Version of Microsoft.SecurityInsights (Incident Comments - Create Or Update). */
const COMMENTS_API_VERSION = "2025-09-01";

/**
 * The request that sends `facts` to `to`, signed at `sentAtMs` (epoch milliseconds) with each of
 * its secrets. The message's id is the same at every try, and so is the id of Sentinel's comment,
 * so that a receiver sees a repetition.
 */
export function callbackRequest(
  to: Recipient,
  facts: CallbackFacts,
  sentAtMs: number,
): CallbackRequest {
  if (to.shape === "sentinel") return commentRequest(to, facts);
  const body = bodyFor(to, facts);
  const headers = {
    ...JSON_HEADERS,
    ...(to.header === null ? {} : { [to.header.name.toLowerCase()]: to.header.value }),
    ...(to.secrets.length === 0 ? {} : signed(to.secrets, facts.noticeId, body, sentAtMs)),
  };
  // ServiceNow's Table API changes a record with PATCH; Jira adds a comment with POST.
  const method = to.shape === "servicenow" ? "PATCH" : "POST";
  return { method, url: to.url, headers, body, withIdentity: false };
}

const JSON_HEADERS = {
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "lrq",
} as const;

function signed(
  secrets: readonly string[],
  id: string,
  body: string,
  sentAtMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(sentAtMs / 1_000));
  const signature = signatureOf(secrets, { id, timestamp, rawBody: Buffer.from(body) });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
}

function bodyFor({ shape, url }: Exclude<Recipient, { shape: "sentinel" }>, facts: CallbackFacts) {
  const lines = plainLines(facts);
  switch (shape) {
    case "generic":
      return genericBody(facts);
    case "servicenow":
      return JSON.stringify({ work_notes: lines.join("\n") });
    case "jira":
      return JSON.stringify({
        body: new URL(url).pathname.includes("/rest/api/3/") ? document(lines) : lines.join("\n"),
      });
  }
}

/** Version 3 of Jira's API takes text only as an Atlassian document. */
function document(lines: readonly string[]): object {
  const content = lines.map((text) => ({
    type: "paragraph",
    content: [{ type: "text", text }],
  }));
  return { type: "doc", version: 1, content };
}

function commentRequest(
  { armId, managementUrl }: Extract<Recipient, { shape: "sentinel" }>,
  facts: CallbackFacts,
): CallbackRequest {
  // A resource group may have letters of any script.
  const comment = `${encodeURI(armId)}/comments/${commentId(facts.noticeId)}`;
  return {
    method: "PUT",
    url: `${managementUrl}${comment}?api-version=${COMMENTS_API_VERSION}`,
    headers: JSON_HEADERS,
    body: JSON.stringify({ properties: { message: plainLines(facts).join("\n\n") } }),
    withIdentity: true,
  };
}

/** The 128 bits of a notice's id as a UUID of version 8 (RFC 9562: bits of one's own making). */
function commentId(noticeId: string): string {
  const hex = noticeId.slice("msg_".length);
  const third = `8${hex.slice(13, 16)}`;
  const fourth = `8${hex.slice(17, 20)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), third, fourth, hex.slice(20, 32)].join("-");
}

import type { DequeuedMessageItem } from "@azure/storage-queue";
import type { QueueSettings } from "./host-settings.ts";
import type { TypedValue } from "./functions-core.ts";
import { dotnetTime } from "./dotnet-time.ts";

export type Decoding =
  | { readonly kind: "decoded"; readonly bytes: Buffer }
  | { readonly kind: "undecodable" };

/** The bytes of a message as the host's encoding has them. */
export function decodeMessage(text: string, encoding: QueueSettings["messageEncoding"]): Decoding {
  if (encoding === "none") return { kind: "decoded", bytes: Buffer.from(text) };
  const compact = text.replaceAll(/[ \t\r\n]/g, "");
  const wellFormed =
    compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact) && compact !== "";
  // An empty message decodes to nothing; that is a body, if an odd one.
  if (!wellFormed && compact !== "") return { kind: "undecodable" };
  return { kind: "decoded", bytes: Buffer.from(compact, "base64") };
}

/** A body as text, or null when it is not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The text that an output binding puts on a queue, encoded as the host's settings say. */
export function encodeMessage(
  bytes: Uint8Array,
  encoding: QueueSettings["messageEncoding"],
): string {
  return Buffer.from(bytes).toString(encoding === "base64" ? "base64" : "utf8");
}

/**
 * What the function hears beside the body. As on Azure, a body that is a JSON object overwrites
 * these values: each of its top-level properties that is not an array lands here under its name,
 * whatever the case. So nothing in the trigger metadata can be trusted unless the body is.
 */
export function queueMetadata(
  message: DequeuedMessageItem,
  body: string,
): Readonly<Record<string, TypedValue>> {
  const metadata = new Map<string, TypedValue>([
    ["QueueTrigger", { string: body }],
    ["DequeueCount", { json: String(message.dequeueCount) }],
    ["ExpirationTime", { json: JSON.stringify(dotnetTime(message.expiresOn)) }],
    ["Id", { string: message.messageId }],
    ["InsertionTime", { json: JSON.stringify(dotnetTime(message.insertedOn)) }],
    ["NextVisibleTime", { json: JSON.stringify(dotnetTime(message.nextVisibleOn)) }],
    ["PopReceipt", { string: message.popReceipt }],
  ]);
  for (const [name, value] of topLevelProperties(body)) {
    const known = [...metadata.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
    if (name.toLowerCase() !== "sys") metadata.set(known ?? name, value);
  }
  return Object.fromEntries(metadata);
}

function topLevelProperties(body: string): [string, TypedValue][] {
  const object = parseObject(body);
  if (object === null) return [];
  const properties: [string, TypedValue][] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === undefined || Array.isArray(value)) continue;
    if (typeof value === "object") properties.push([name, { json: JSON.stringify(value) }]);
    else properties.push([name, { string: String(value) }]);
  }
  return properties;
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

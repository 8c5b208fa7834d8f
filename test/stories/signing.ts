import { createHash, createHmac } from "node:crypto";

/** The headers of a body signed after Standard Webhooks; now, unless a time is given. */
export function webhookSigned(
  secret: string,
  body: string,
  id: string,
  atSeconds = Math.floor(Date.now() / 1_000),
): Record<string, string> {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${atSeconds}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(atSeconds),
    "webhook-signature": `v1,${signature}`,
  };
}

/** The header of a body signed as Jira signs. */
export function jiraSigned(secret: string, body: string): Record<string, string> {
  return { "x-hub-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` };
}

/** A key as the setting CALLERS holds it. */
export function hashed(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

import { z } from "zod";
import { silenceText } from "../../shared/http/silence.ts";
import { findingSchema, found, ok, type Finding } from "../../shared/doctor/finding.ts";
import { type AppAddress, authorizationOf } from "../lrq/app-address.ts";

/** The app examines itself for as long as storage and Defender let it wait. */
const ANSWER_TIMEOUT_MS = 200_000;
const CHECK = "app";

const examinedSchema = z.object({ version: z.string(), findings: z.array(findingSchema) });
const problemSchema = z.object({
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
});

/** What the app finds about itself, or why it does not say. Never throws. */
export async function askApp({ url, key }: AppAddress, probe: boolean): Promise<Finding[]> {
  const { host } = new URL(url);
  try {
    const response = await fetch(`${url}/api/doctor`, {
      method: probe ? "POST" : "GET",
      headers: { authorization: await authorizationOf({ key }) },
      // The key is for this address only.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    if (response.status !== 200) return refused(response.status, body);
    const examined = examinedSchema.safeParse(body);
    if (!examined.success) return refused(response.status, body);
    const { version, findings } = examined.data;
    return [ok(CHECK, `lrq ${version} at ${host} examined itself.`), ...findings];
  } catch (error) {
    const fix = "Check LRQ_URL, and whether the network lets this machine reach it.";
    return [found("error", CHECK, `${host} did not answer: ${silenceText(error)}.`, fix)];
  }
}

const FIXES: Readonly<Record<number, string>> = {
  401: "Check LRQ_KEY: the setting CALLERS of the app has to have its hash.",
  403: "Give the caller of LRQ_KEY the right operate in CALLERS.",
  404: "Check LRQ_URL. If it is the address of lrq, the app there is older than this command.",
  429: "Wait a minute and ask again.",
};

/** An app that is not configured says what is wrong with its settings. */
function refused(status: number, body: unknown): Finding[] {
  const problem = problemSchema.safeParse(body);
  const fix = FIXES[status] ?? "Do what it says, and read the log of the app.";
  if (!problem.success) {
    return [found("error", CHECK, `It answered HTTP ${status}, and not like lrq.`, fix)];
  }
  const { detail, errors } = problem.data;
  if (errors.length === 0) return [found("error", CHECK, `HTTP ${status}: ${detail}`, fix)];
  return errors.map(({ path, message }) =>
    found("error", "settings", `${path}: ${message}`, "docs/settings.md says what it takes."),
  );
}

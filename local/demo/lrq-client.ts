import type { z } from "zod";
import {
  acceptedSchema,
  runAnswerSchema,
  statusAnswerSchema,
  type RunAnswer,
  type StatusAnswer,
} from "../run-answer.ts";
import type { LrqCall } from "./lrq-call.ts";
import type { Webhook } from "./webhooks.ts";

/**
 * lrq's HTTP interface as the demo uses it. Every call throws with a sentence when lrq does not
 * answer, refuses, or answers something else than it should.
 */
export interface LrqClient {
  /** The id of the run the webhook became. */
  post(webhook: Webhook): Promise<string>;
  run(runId: string): Promise<RunAnswer>;
  status(): Promise<StatusAnswer>;
}

/** A client of the app that these calls go to. */
export function createLrqClient(call: LrqCall): LrqClient {
  const read = async <Schema extends z.ZodType>(schema: Schema, path: string) =>
    schema.parse(await (await call(path)).json());
  return {
    post: async ({ source, headers, body }) => {
      const response = await call(`incidents/${source}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return acceptedSchema.parse(await response.json()).runId;
    },
    run: async (runId) => await read(runAnswerSchema, `runs/${runId}`),
    status: async () => await read(statusAnswerSchema, "status"),
  };
}

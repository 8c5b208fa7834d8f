import { z } from "zod";
import { silenceText } from "../../shared/http/silence.ts";
import { SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";
import { type AppAddress, authorizationOf } from "../lrq/app-address.ts";

// What the road reads of lrq's answers; the rest of them is left alone.

const reasoned = z.array(z.object({ machine: z.string(), reason: z.string() }));
const result = z.object({
  state: z.enum(["owed", "stored", "unavailable"]),
  detail: z.string().nullable(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
});
const sequence = z.object({
  machineId: z.string(),
  machineName: z.string().nullable(),
  state: z.enum(SEQUENCE_STATES),
  machineActionId: z.string().nullable(),
  outcome: z.object({ code: z.string(), detail: z.string() }).nullable(),
  waits: z.object({ code: z.string(), detail: z.string() }).nullable(),
  commands: z.array(z.object({ result: result.nullable() })),
});
const runSchema = z.object({
  state: z.enum(["running", "finished"]),
  sequences: z.tuple([sequence]),
});
const statusSchema = z.object({
  paused: z.object({ by: z.string(), why: z.string() }).nullable(),
  lockedOut: z.object({ detail: z.string(), remedy: z.string() }).nullable(),
});
const acceptedSchema = z.object({ runId: z.string() });
const problemSchema = z.object({ detail: z.string(), skipped: reasoned.default([]) });

export type Run = z.infer<typeof runSchema>;

/** An answer, or why there is none. */
type Answer<T> =
  | { readonly kind: "answered"; readonly value: T }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly detail: string;
      /** Why lrq left out the machine, if that is the reason. */
      readonly skipped: readonly string[];
    }
  | { readonly kind: "silent"; readonly detail: string };

/** lrq's interface, as far as the road needs it. No call throws. */
export interface AppCalls {
  health(): Promise<Answer<unknown>>;
  status(): Promise<Answer<z.infer<typeof statusSchema>>>;
  submit(incident: object): Promise<Answer<z.infer<typeof acceptedSchema>>>;
  run(runId: string): Promise<Answer<Run>>;
}

const CALL_TIMEOUT_MS = 60_000;

export function appCalls({ url, key }: AppAddress): AppCalls {
  const call = async <T>(path: string, form: z.ZodType<T>, body?: object): Promise<Answer<T>> => {
    try {
      const response = await fetch(`${url}/api/${path}`, {
        headers: {
          authorization: await authorizationOf({ key }),
          "content-type": "application/json",
        },
        // The key is for this address only.
        redirect: "manual",
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
      return answerIn(response.status, await response.json().catch(() => null), form);
    } catch (error) {
      return { kind: "silent", detail: silenceText(error) };
    }
  };
  return {
    health: async () => await call("health", z.object({ status: z.literal("ok") })),
    status: async () => await call("status", statusSchema),
    submit: async (incident) => await call("incidents/generic", acceptedSchema, incident),
    run: async (runId) => await call(`runs/${runId}`, runSchema),
  };
}

function answerIn<T>(status: number, body: unknown, form: z.ZodType<T>): Answer<T> {
  const read = form.safeParse(body);
  if (status < 300 && read.success) return { kind: "answered", value: read.data };
  const problem = problemSchema.safeParse(body);
  if (!problem.success) {
    const detail = "the answer is none of lrq's";
    return { kind: "refused", status, detail, skipped: [] };
  }
  const { detail, skipped } = problem.data;
  return { kind: "refused", status, detail, skipped: skipped.map(({ reason }) => reason) };
}

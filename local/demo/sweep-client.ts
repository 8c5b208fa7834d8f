import { z } from "zod";
import {
  previewSchema,
  roundAnswerSchema,
  roundsSchema,
  stackSchema,
  steeredSchema,
} from "../../shared/api/sweep-answers.ts";
import type { LrqCall } from "./lrq-call.ts";

export type SweepRound = z.infer<typeof roundsSchema>["rounds"][number];
export type SweepStack = z.infer<typeof stackSchema>;
export type SweepPreview = z.infer<typeof previewSchema>;

/** An autostart, as far as the demo looks at it. */
const rowSchema = z.looseObject({
  machineId: z.string(),
  kind: z.string(),
  name: z.string(),
  path: z.string(),
});
export type SweepRow = z.infer<typeof rowSchema>;

const changeSchema = z.object({ change: z.enum(["new", "gone"]), row: rowSchema });
export type SweepChange = z.infer<typeof changeSchema>;

/** The last line of the changes. */
const comparedSchema = z.object({ machines: z.object({ both: z.number() }) });

/** What is new in the last round, and what is gone. */
interface SweepChanges {
  readonly changes: readonly SweepChange[];
  /** Machines that gave rows in both rounds. */
  readonly both: number;
}

/** What came of the sweep, as lrq tells it. */
export interface SweepSeen {
  /** The numbers of the rounds that lrq said it started, in that order. */
  readonly started: readonly number[];
  /** All rounds of the sweep. */
  readonly rounds: readonly SweepRound[];
  /** The rows of each round that was started. */
  readonly rows: readonly (readonly SweepRow[])[];
  /** The rarest autostarts of the last round. */
  readonly stack: SweepStack;
  /** What changed from the first round to the second. */
  readonly changes: SweepChanges;
}

/**
 * The interface of one sweep, as the demo uses it. Every call throws with a sentence when lrq does
 * not answer, refuses, or answers something else than it should.
 */
export interface SweepClient {
  /** Puts the definition, JSON as it stands in its file, in place. */
  apply(definition: string): Promise<void>;
  preview(): Promise<SweepPreview>;
  /** The number of the round that has begun. */
  start(): Promise<number>;
  round(number: number): Promise<SweepRound>;
  rounds(): Promise<readonly SweepRound[]>;
  rows(number: number): Promise<readonly SweepRow[]>;
  /** The rarest values of these columns in the last round. */
  stack(by: readonly string[]): Promise<SweepStack>;
  changes(): Promise<SweepChanges>;
}

/** A client for the sweep of this name. */
export function createSweepClient(call: LrqCall, name: string): SweepClient {
  const path = `sweeps/${name}`;
  const get = async <Schema extends z.ZodType>(schema: Schema, below: string) =>
    schema.parse(await (await call(`${path}/${below}`)).json());
  const post = async <Schema extends z.ZodType>(schema: Schema, below: string) =>
    schema.parse(await (await call(`${path}/${below}`, { method: "POST" })).json());
  const lines = async (below: string): Promise<readonly unknown[]> => {
    const text = await (await call(`${path}/${below}`)).text();
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  };
  return {
    apply: async (body) => {
      await call(path, { method: "PUT", headers: { "content-type": "application/json" }, body });
    },
    preview: async () => await post(previewSchema, "preview"),
    start: async () => {
      const { round } = await post(steeredSchema, "start");
      if (round === null) throw new Error(`lrq was asked to start ${name}, and started no round`);
      return round;
    },
    round: async (number) => await get(roundAnswerSchema, `rounds/${number}`),
    rounds: async () => (await get(roundsSchema, "rounds")).rounds,
    rows: async (number) => z.array(rowSchema).parse(await lines(`rounds/${number}/rows`)),
    stack: async (by) => await get(stackSchema, `rounds/last/stack?by=${by.join(",")}`),
    changes: async () => {
      const all = await lines("rounds/last/changes");
      const { machines } = comparedSchema.parse(all.at(-1));
      return { changes: z.array(changeSchema).parse(all.slice(0, -1)), both: machines.both };
    },
  };
}

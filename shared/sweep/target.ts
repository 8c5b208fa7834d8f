import { z } from "zod";
import { instant } from "../ledger/row/instant.ts";
import { rowObject } from "../ledger/row/row-object.ts";
import { PLATFORMS } from "../incident/incident.ts";
import type { Machine } from "../ports.ts";

const machineShape = {
  name: z.string().nullable(),
  /** Defender's word if it is none of ours; null if Defender does not say. */
  platform: z.union([
    z.enum(PLATFORMS),
    rowObject({ kind: z.enum(["notOurs", "unknownWord"]), said: z.string() }),
    z.null(),
  ]),
  tags: z.array(z.string()).nullable(),
  group: z.string().nullable(),
  health: z.string().nullable(),
  /** When Defender said so. */
  listedAtMs: instant,
};

/** A machine that waits to be sent something in a round, as Defender has listed it. */
export const targetSchema = rowObject({ v: z.literal(1), ...machineShape });
export type Target = z.infer<typeof targetSchema>;

/** The same while it is being sent. */
export const machineInHandSchema = rowObject({ machineId: z.string(), ...machineShape });
export type MachineInHand = z.infer<typeof machineInHandSchema>;

/** Some of the machines that the query of a round has named. */
export const huntedSchema = rowObject({ v: z.literal(1), machineIds: z.array(z.string()) });

/** The state of a machine that a round has missed and is to ask again. */
export const AGAIN = "again";

/** What became of a machine in the last round that asked for it. */
export const sweptSchema = rowObject({
  v: z.literal(1),
  round: z.number().int().min(1),
  machineName: z.string().nullable(),
  /** How it ended; `sent` while nobody has counted it, `inHand` before. */
  state: z.string(),
  /** What a person should know of it. */
  detail: z.string().nullable(),
  /** Its sequence; null if it was never sent. */
  sequenceId: z.string().nullable(),
  atMs: instant,
  /** The last round in which its commands succeeded, and when; null for none. */
  reached: rowObject({ round: z.number().int().min(1), atMs: instant }).nullable(),
});
export type Swept = z.infer<typeof sweptSchema>;

/** What is known of a machine that a round deals with now. */
export function sweptIn(
  { number }: { readonly number: number },
  machineName: string | null,
  now: Pick<Swept, "state" | "detail" | "reached" | "atMs"> & {
    readonly sequenceId?: string | null;
  },
): Swept {
  return { v: 1, round: number, machineName, sequenceId: null, ...now };
}

/** What is kept of a listed machine until it is sent something. */
export function targetOf(machine: Machine, listedAtMs: number): Target {
  const { name, platform, tags, group, health } = machine;
  return {
    v: 1,
    name,
    platform,
    tags: tags === null ? null : [...tags],
    group,
    health,
    listedAtMs: Math.floor(listedAtMs),
  };
}

/** The machine as Defender has listed it; it was onboarded then, or it would be no target. */
export function machineOf({ machineId, ...target }: MachineInHand): Machine {
  const { name, platform, tags, group, health, listedAtMs } = target;
  return {
    machineId,
    name,
    platform,
    tags,
    group,
    health,
    onboarded: true,
    lastSeenAtMs: listedAtMs,
    mergedInto: null,
  };
}

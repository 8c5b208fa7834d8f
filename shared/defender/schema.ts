import { z } from "zod";

import { machineIdOf } from "../incident/machine-mention.ts";
import { MAX_LABEL_CHARACTERS } from "../incident/bounds.ts";
import { platformOf } from "../incident/platform.ts";
import { oneLine } from "../incident/text.ts";
import type { ActionCommand, MachineAction } from "../ledger/sequence/machine-action.ts";
import type { LibraryFile } from "../plan/library/library-file.ts";
import type { Machine } from "../ports.ts";
import { instantMs } from "./instant.ts";

/**
 * Most errors that are kept of one command, and most characters of each; Defender documents no
 * bound.
 */
const MAX_ERRORS = 20;
const MAX_ERROR_CHARS = 500;

/** An optional field: anything but a string is read as null. */
const text = z.string().nullable().catch(null);
/** The same, but an empty text says nothing, too. */
const word = text.transform((said) => (said?.trim() === "" ? null : said));
const instant = text.transform(instantMs);

const machineId = z.string().regex(/^[0-9a-f]{40}$/i);
/** Documented as a GUID; it is enough that it can be part of a path. */
const actionId = z.string().regex(/^[\w-]{1,128}$/);

const commandSchema = z.object({
  index: z.int().nonnegative().nullable().catch(null),
  startTime: instant,
  endTime: instant,
  commandStatus: z.string().catch("Unknown"),
  errors: z.array(z.unknown()).catch([]),
  command: z.object({ type: text, params: z.unknown() }).nullable().catch(null),
});

/** Without a value a parameter is none. */
const parametersSchema = z
  .array(z.object({ key: z.string(), value: z.string().nullish() }))
  .transform((pairs) =>
    Object.fromEntries(
      pairs.flatMap(({ key, value }) => ((value ?? "") === "" ? [] : [[key, value ?? ""]])),
    ),
  )
  .nullable()
  .catch(null);

const actionSchema = z.object({
  id: actionId,
  type: text,
  status: z.string().catch("Unknown"),
  requestor: text,
  requestorComment: text,
  machineId: text,
  creationDateTimeUtc: instant,
  lastUpdateDateTimeUtc: instant,
  commands: z.array(z.unknown()).catch([]),
});

const machineSchema = z.object({
  id: machineId,
  computerDnsName: word,
  osPlatform: word,
  onboardingStatus: word,
  lastSeen: instant,
  healthStatus: word,
  mergedIntoMachineId: z.unknown().optional(),
  machineTags: z.array(z.string()).nullable().catch(null),
  rbacGroupName: word,
});

const libraryFileSchema = z.object({
  fileName: z.string().min(1),
  sha256: text,
  creationTime: instant,
  lastUpdatedTime: instant,
  createdBy: text,
  description: text,
});

/**
 * The answer to a POST can be sparse, but has some field of a live response action beside its id,
 * with a value of its form; JSON of another shape can have an id, too.
 */
const ACTION_FIELDS = {
  type: z.literal("LiveResponse"),
  machineId,
  commands: z.array(z.object({ command: z.object({ type: z.string() }) })).min(1),
  requestorComment: z.string().min(1),
} as const;
const acceptedSchema = z
  .looseObject({ type: z.literal("LiveResponse").nullish() })
  .refine((given) =>
    Object.entries(ACTION_FIELDS).some(([name, form]) => form.safeParse(given[name]).success),
  )
  .pipe(z.object({ id: actionId, requestorComment: text }));

const linkSchema = z.object({ value: z.string() });

const pageSchema = z.object({
  value: z.array(z.unknown()),
  "@odata.nextLink": z.string().nullish(),
});

/** One page of a list: its members, not parsed yet, and the address of the next page. */
interface Page {
  readonly members: readonly unknown[];
  readonly nextLink: string | null;
}

/**
 * A machine action, or null if it has no usable id. A status that lrq does not know is kept
 * unchanged.
 */
export function readAction(json: unknown): MachineAction | null {
  const read = actionSchema.safeParse(json);
  if (!read.success) return null;
  const { data: action } = read;
  return {
    id: action.id,
    status: action.status,
    comment: action.requestorComment,
    requestor: action.requestor,
    machineId: action.machineId?.toLowerCase() ?? null,
    createdAtMs: action.creationDateTimeUtc,
    updatedAtMs: action.lastUpdateDateTimeUtc,
    commands: action.commands.flatMap(readCommand),
  };
}

/**
 * A live response action from a list; null for other types, too, in case Defender ignored the
 * filter.
 */
export function readListedAction(json: unknown): MachineAction | null {
  const type = z.object({ type: text }).safeParse(json).data?.type ?? null;
  return type === null || type === "LiveResponse" ? readAction(json) : null;
}

/**
 * The answer to a POST: its id and the comment it echoes, the only fields to rely on; null without
 * a usable id, or if it is no live response action.
 */
export function readAccepted(json: unknown): { id: string; comment: string | null } | null {
  const read = acceptedSchema.safeParse(json);
  return read.success ? { id: read.data.id, comment: read.data.requestorComment } : null;
}

/** A machine, or null if its id is not the documented 40 hex digits. */
export function readMachine(json: unknown): Machine | null {
  const read = machineSchema.safeParse(json);
  if (!read.success) return null;
  const { data: machine } = read;
  return {
    machineId: machine.id.toLowerCase(),
    name: machine.computerDnsName?.toLowerCase() ?? null,
    platform: platformOf(machine.osPlatform),
    // The pages write "onboarded"; Defender sends "Onboarded". If it says nothing, the POST will tell.
    onboarded: (machine.onboardingStatus ?? "onboarded").toLowerCase() === "onboarded",
    lastSeenAtMs: machine.lastSeen,
    health: machine.healthStatus,
    // No page documents it, but Defender sends it; for most machines it is null.
    mergedInto: mergedInto(machine.mergedIntoMachineId ?? ""),
    tags: machine.machineTags,
    group: machine.rbacGroupName,
  };
}

/** The id of the other machine, or what stands in its place; null if there is nothing. */
function mergedInto(said: unknown): string | null {
  const written = typeof said === "string" ? said : JSON.stringify(said);
  return machineIdOf(written) ?? (oneLine(written, MAX_LABEL_CHARACTERS) || null);
}

/**
 * A library file, or null if it has no name. Without a hash of the right form nobody knows which
 * bytes it has. The letter case of its name is kept: no page says whether Defender ignores it.
 */
export function readLibraryFile(json: unknown): LibraryFile | null {
  const read = libraryFileSchema.safeParse(json);
  if (!read.success) return null;
  const { data: file } = read;
  const sha256 = file.sha256?.toLowerCase() ?? "";
  return {
    name: file.fileName,
    sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null,
    createdAtMs: file.creationTime,
    updatedAtMs: file.lastUpdatedTime,
    createdBy: file.createdBy,
    description: file.description,
  };
}

/**
 * The link in the answer of GetLiveResponseResultDownloadLink, unchecked; null if there is none.
 */
export function readLink(json: unknown): string | null {
  return linkSchema.safeParse(json).data?.value ?? null;
}

/** A page of a list; null if it is none. */
export function readPage(json: unknown): Page | null {
  const read = pageSchema.safeParse(json);
  if (!read.success) return null;
  return { members: read.data.value, nextLink: read.data["@odata.nextLink"] ?? null };
}

function readCommand(json: unknown, position: number): ActionCommand[] {
  const read = commandSchema.safeParse(json);
  if (!read.success) return [];
  const { data: command } = read;
  return [
    {
      index: command.index ?? position,
      type: command.command?.type ?? null,
      parameters: parametersSchema.parse(command.command?.params ?? null),
      status: command.commandStatus,
      startedAtMs: command.startTime,
      endedAtMs: command.endTime,
      errors: command.errors.slice(0, MAX_ERRORS).map(errorText),
    },
  ];
}

/** The form of an error is not documented. So anything but a string is shown as JSON. */
function errorText(error: unknown): string {
  const shown = typeof error === "string" ? error : JSON.stringify(error);
  return shown.slice(0, MAX_ERROR_CHARS);
}

import { z } from "zod";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 * A member that is optional is missing in the answers of the release before.
 */

const libraryTrouble = z.strictObject({ since: z.iso.datetime(), detail: z.string() }).nullable();
const libraryFile = z.strictObject({
  name: z.string(),
  pinned: z.string(),
  listed: z.string().nullable(),
  since: z.iso.datetime().nullable(),
});

/** `GET library`, and the answer of a check. */
export const libraryViewSchema = z.strictObject({
  lists: z.enum(["self", "others", "nobody"]),
  maxAgeMinutes: z.number().nullable(),
  listedAt: z.iso.datetime().nullable(),
  trouble: libraryTrouble,
  files: z.array(libraryFile),
});

/** `GET status`. */
export const statusSchema = z.strictObject({
  calls: z.strictObject({ used: z.number(), limit: z.number(), windowSeconds: z.number() }),
  sessions: z.strictObject({
    ours: z.number(),
    foreign: z.number(),
    cap: z.number(),
    setting: z.number(),
    // The release before does not say it.
    open: z
      .array(
        z.strictObject({
          sequenceId: z.string().nullable(),
          machineId: z.string().nullable(),
          machineName: z.string().nullable().optional(),
          since: z.iso.datetime().nullable(),
          status: z.string().nullable(),
          begun: z.number(),
          commands: z.number().nullable(),
        }),
      )
      .optional(),
  }),
  next: z.strictObject({ kind: z.string(), at: z.string().nullable() }),
  lockedOut: z
    .strictObject({
      call: z.enum(["token", "submit", "list", "machines", "link"]),
      since: z.iso.datetime(),
      httpStatus: z.number().nullable(),
      detail: z.string(),
      remedy: z.string(),
      nextTryAt: z.iso.datetime(),
    })
    .nullable(),
  paused: z.strictObject({ by: z.string(), why: z.string(), at: z.string() }).nullable(),
  last429At: z.iso.datetime().nullable(),
  othersUseTheQuota: z.boolean(),
  // The release before does not look at the library.
  library: z
    .strictObject({
      listedAt: z.iso.datetime().nullable(),
      trouble: libraryTrouble,
      drifted: z.array(libraryFile),
    })
    .nullable()
    .optional(),
  impersonations: z
    .array(
      z.strictObject({
        machineActionId: z.string(),
        sequenceId: z.string(),
        foundAt: z.iso.datetime(),
      }),
    )
    .optional(),
  waiting: z.array(
    z.strictObject({
      lane: z.number(),
      count: z.number(),
      atLeast: z.boolean(),
      oldestAcceptedAt: z.iso.datetime().nullable(),
    }),
  ),
  parked: z.strictObject({ count: z.number(), atLeast: z.boolean() }),
  results: z.strictObject({
    owed: z.strictObject({ count: z.number(), atLeast: z.boolean() }),
    inTrouble: z.number(),
    trouble: z.string().nullable(),
  }),
  callbacks: z.strictObject({
    pending: z.strictObject({ count: z.number(), atLeast: z.boolean() }),
    dead: z.strictObject({ count: z.number(), atLeast: z.boolean() }),
    deadOnes: z.array(
      z.strictObject({
        runId: z.string(),
        messageId: z.string(),
        event: z.string(),
        sequenceId: z.string().nullable(),
        host: z.string(),
        tries: z.number(),
        lastAnswer: z.string(),
        diedAt: z.iso.datetime(),
      }),
    ),
  }),
  setAside: z.strictObject({
    count: z.number(),
    rows: z.array(
      z.strictObject({
        key: z.string(),
        why: z.string(),
        since: z.iso.datetime().nullable(),
      }),
    ),
  }),
});

const maybe = z.number().nullable();

/** The same when the budget cannot be read, too: then what only the budget knows is null. */
export const statusAnswerSchema = statusSchema.extend({
  calls: statusSchema.shape.calls.extend({ used: maybe }),
  sessions: statusSchema.shape.sessions.extend({ ours: maybe, foreign: maybe, cap: maybe }),
});

/** What the doctor in the app found. */
export const findingsSchema = z.strictObject({
  version: z.string(),
  commit: z.string(),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      state: z.enum(["ok", "warning", "error", "unknown"]),
      what: z.string(),
      fix: z.string().nullable(),
    }),
  ),
});

import { z } from "zod";
import { auditRecordSchema } from "../../shared/evidence/audit.ts";
import { SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface,
 * and a story says so.
 */

const state = z.enum(SEQUENCE_STATES);
const skipped = z.array(z.strictObject({ machine: z.string(), reason: z.string() }));
/** The release before does not have it; the stories about names hold this one to it. */
const readAs = z.array(z.strictObject({ machine: z.string(), as: z.string() })).optional();

/** The 202 of a webhook. */
export const acceptedSchema = z.strictObject({
  runId: z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/),
  status: z.enum(["running", "finished"]),
  statusUrl: z.url(),
  sequences: z.array(
    z.strictObject({
      sequenceId: z.string(),
      machineId: z.string(),
      machineName: z.string().nullable(),
      state,
    }),
  ),
  skipped,
  readAs,
});

const result = z.strictObject({
  state: z.enum(["owed", "stored", "unavailable"]),
  detail: z.string().nullable(),
  tries: z.number(),
  nextTryAt: z.iso.datetime().nullable(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
  servedName: z.string().nullable(),
  path: z.string().nullable(),
  scriptFailed: z.boolean().nullable(),
  exitCode: z.number().nullable(),
  output: z.string().nullable(),
  scriptErrors: z.string().nullable(),
});

const sequence = z.strictObject({
  sequenceId: z.string(),
  requestedBy: z.string().optional(),
  // The release before cannot retry one.
  retryOf: z.string().nullable().optional(),
  retriedBy: z.string().nullable().optional(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  machineFacts: z
    .strictObject({
      platform: z.string().nullable(),
      tags: z.array(z.string()).nullable(),
      group: z.string().nullable(),
      health: z.string().nullable(),
      askedAt: z.string().nullable(),
    })
    .nullable()
    // The release before does not say it.
    .optional(),
  profile: z.strictObject({ name: z.string(), version: z.number() }),
  parameters: z.record(z.string(), z.string()),
  state,
  machineActionId: z.string().nullable(),
  machineActionStatus: z.string().nullable(),
  scripts: z.enum(["ok", "failed", "unknown"]).nullable(),
  doneTwice: z.boolean(),
  lateActions: z.array(
    z.strictObject({ machineActionId: z.string(), status: z.string(), ran: z.boolean() }),
  ),
  // The release before does not say it.
  impersonations: z
    .array(
      z.strictObject({
        machineActionId: z.string(),
        machineId: z.string().nullable(),
        requestor: z.string().nullable(),
        why: z.enum(["attempt", "nonce", "second", "machine", "commands", "time", "requestor"]),
        seenAt: z.iso.datetime(),
      }),
    )
    .optional(),
  acceptedAt: z.iso.datetime(),
  submittedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  outcome: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
  cancel: z.strictObject({ by: z.string(), at: z.iso.datetime(), tooLate: z.boolean() }).nullable(),
  waits: z
    .strictObject({
      code: z.string(),
      detail: z.string(),
      position: z.number().nullable(),
      estimatedStart: z.iso.datetime().nullable(),
    })
    .nullable(),
  // The release before does not say it.
  nextStep: z
    .strictObject({ code: z.string(), step: z.string(), needsPerson: z.boolean() })
    .nullable()
    .optional(),
  commands: z.array(
    z.strictObject({
      index: z.number(),
      type: z.enum(["PutFile", "RunScript", "GetFile"]),
      target: z.string(),
      status: z.string(),
      startedAt: z.iso.datetime().nullable(),
      endedAt: z.iso.datetime().nullable(),
      errors: z.array(z.string()),
      result: result.nullable(),
    }),
  ),
});

/** `GET runs/{runId}`. */
export const runSchema = z.strictObject({
  runId: z.string(),
  state: z.enum(["running", "finished"]),
  source: z.string(),
  incidentId: z.string(),
  title: z.string(),
  severity: z.string(),
  url: z.string().nullable(),
  // The release before knows no teams, and names nobody in a sequence.
  team: z.string().nullable().optional(),
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  seal: z
    .strictObject({
      number: z.number(),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      at: z.iso.datetime(),
      current: z.boolean(),
    })
    .nullable()
    // The release before, which a story runs beside this one, does not tell of seals.
    .optional(),
  cancelAsked: z.strictObject({ by: z.string(), at: z.iso.datetime() }).nullable(),
  counts: z.record(z.enum([...SEQUENCE_STATES, "total"]), z.number()),
  scriptsFailed: z.number(),
  results: z.strictObject({ owed: z.number(), stored: z.number(), unavailable: z.number() }),
  doneTwice: z.number(),
  impersonated: z.number().optional(),
  sequences: z.array(sequence),
  setAside: z.array(z.strictObject({ key: z.string(), why: z.string() })),
  skipped,
  readAs,
  callbacks: z.array(
    z.strictObject({
      shape: z.string(),
      host: z.string(),
      events: z.array(z.string()),
      deliveredAt: z.iso.datetime().nullable(),
      tries: z.number().nullable(),
      endedAt: z.iso.datetime().nullable(),
    }),
  ),
  gate: z
    .strictObject({
      state: z.enum(["first", "open", "paused"]),
      why: z.string().nullable(),
      pausedAt: z.iso.datetime().nullable(),
    })
    .nullable(),
  approval: z
    .strictObject({
      planHash: z.string(),
      sequences: z.number(),
      needed: z.number(),
      given: z.array(z.strictObject({ by: z.string(), at: z.iso.datetime() })),
      mayApprove: z.array(z.string()),
      expiresAt: z.iso.datetime(),
    })
    .nullable(),
});
export type Run = z.infer<typeof runSchema>;

/** `GET runs/{runId}/manifest`; what an entry holds is for the custody chain to check. */
export const manifestSchema = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  head: z.string(),
  entries: z.array(
    z.looseObject({
      sequenceId: z.string(),
      machineId: z.string(),
      commandIndex: z.number(),
      sha256: z.string(),
      size: z.number(),
    }),
  ),
});

/** Any refusal, after RFC 9457. */
export const problemSchema = z.strictObject({
  type: z.string().startsWith("urn:lrq:problem:"),
  title: z.string().min(1),
  status: z.number(),
  detail: z.string().min(20),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string().min(1) })).optional(),
  skipped: skipped.optional(),
  id: z.string().min(1).optional(),
});

/** A page of an audit log. */
export const auditPageSchema = z.strictObject({
  v: z.literal(1),
  chain: z.string(),
  head: z.strictObject({ count: z.number(), head: z.string() }),
  records: z.array(auditRecordSchema),
  next: z.number().nullable(),
});

/** `GET status`. */
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

export const statusSchema = z.strictObject({
  calls: z.strictObject({ used: z.number(), limit: z.number(), windowSeconds: z.number() }),
  sessions: z.strictObject({
    ours: z.number(),
    foreign: z.number(),
    cap: z.number(),
    setting: z.number(),
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

import { z } from "zod";
import type { About } from "../ledger/outbox/about.ts";
import { isoOf, isoOrNull } from "../ledger/row/instant.ts";
import { word } from "./word.ts";

const time = z.iso.datetime();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

/** Members of a message about a run, each of one later event alone. */
export const runMembers = {
  approval: z
    .looseObject({
      planHash: hash,
      sequences: count,
      needed: count,
      until: time,
      mayApprove: z.array(z.string()),
    })
    .optional(),
  paused: z.looseObject({ why: z.string() }).optional(),
  drift: z
    .looseObject({
      file: z.string(),
      pinned: z.string().nullable(),
      listed: z.string().nullable(),
      since: time,
    })
    .optional(),
};

/** Members of a message about no run, each of one event alone. */
export const newsMembers = {
  queue: z.looseObject({ paused: z.boolean(), by: z.string(), why: z.string() }).optional(),
  throttled: z
    .looseObject({
      call: z.string(),
      httpStatus: count.nullable(),
      detail: z.string(),
      until: time.nullable(),
    })
    .optional(),
  short: z
    .looseObject({
      sweep: z.string(),
      round: count,
      targeted: count,
      reached: count,
      coverage: z.number(),
      why: z.string(),
    })
    .optional(),
};

/** What people wrote and what Defender said is cut to this. */
const TEXT_CHARACTERS_MAX = 500;
/** So many names of callers fit into a message. */
const NAMES_MAX = 50;

/** What happened, as a member of the message. */
export function aboutMembers(about: About | null, mayApprove: readonly string[]) {
  switch (about?.kind) {
    case undefined:
      return {};
    case "approval": {
      const { planHash, sequences, needed, untilMs } = about;
      const names = mayApprove.slice(0, NAMES_MAX);
      const until = isoOf(untilMs);
      return { approval: { planHash, sequences, needed, until, mayApprove: names } };
    }
    case "runPaused":
      return { paused: { why: text(about.why) } };
    case "drift": {
      const { file, pinned, listed, sinceMs } = about;
      return { drift: { file: word(file), pinned, listed, since: isoOf(sinceMs) } };
    }
    case "queuePaused": {
      const { paused, by, why } = about;
      return { queue: { paused, by, why: text(why) } };
    }
    case "throttled": {
      const { call, httpStatus, detail, untilMs } = about;
      const until = isoOrNull(untilMs);
      return { throttled: { call, httpStatus, detail: text(detail), until } };
    }
    case "roundShort": {
      const { sweep, round, targeted, reached, coverage, why } = about;
      return { short: { sweep, round, targeted, reached, coverage, why } };
    }
  }
}

/** The same for people, as lines of plain text. */
export function aboutLines(
  about: About,
  run: { readonly runId: string | null; readonly mayApprove?: readonly string[] },
): string[] {
  const ofRun = `lrq run ${run.runId ?? ""}`;
  switch (about.kind) {
    case "approval": {
      const { sequences, needed, untilMs, planHash } = about;
      const names = (run.mayApprove ?? []).slice(0, NAMES_MAX).map(word);
      return [
        `${ofRun} waits for an approval until ${isoOf(untilMs)}.`,
        `Sequences: ${sequences}. Approvals needed: ${needed}. Plan ${planHash}.`,
        names.length === 0 ? "Nobody may approve it." : `May approve it: ${names.join(", ")}.`,
      ];
    }
    case "runPaused":
      return [
        `${ofRun} has paused itself: ${plain(about.why)}.`,
        "Nothing more of it starts until somebody resumes it.",
      ];
    case "drift":
      return [
        `${ofRun} waits: the library file ${word(about.file)} is not as pinned.`,
        `Pinned ${about.pinned ?? "never"}, listed ${about.listed ?? "not at all"}, ` +
          `since ${isoOf(about.sinceMs)}.`,
      ];
    case "queuePaused":
      return [`lrq was ${about.paused ? "paused" : "resumed"} by ${word(about.by)}.`];
    case "throttled":
      return [`Defender keeps lrq out: ${word(about.call)}.`];
    case "roundShort":
      return [
        `Round ${about.round} of the sweep ${word(about.sweep)} is over and reached ` +
          `${about.reached} of ${about.targeted} machines.`,
      ];
  }
}

function text(said: string): string {
  return said.slice(0, TEXT_CHARACTERS_MAX);
}

/** Words without anything that could be markup. */
function plain(said: string): string {
  return text(said).replaceAll(/[^A-Za-z0-9 ._-]/g, "?");
}

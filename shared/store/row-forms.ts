import type { z } from "zod";
import { auditRecordSchema } from "../evidence/audit.ts";
import { custodyEntrySchema } from "../evidence/custody.ts";
import { countsSchema, keySchema } from "../ledger/run/accepted.ts";
import { historySchema, hostnameSchema } from "../ledger/sequence/history.ts";
import { intakeSchema, pointerSchema } from "../ledger/sequence/intake.ts";
import {
  RATE_TOKEN_KEY,
  CAPS_KEY,
  RATE_TOKEN_PAUSED_KEY,
  ASKED_KEY,
  SUMMARIES_KEY,
} from "../ledger/row/keys.ts";
import { deadNoticeSchema, noticeSchema } from "../ledger/outbox/notice.ts";
import { indexSchema, machineSchema, owedSchema } from "../ledger/sequence/rows.ts";
import { summariesSchema, summarySchema } from "../ledger/run/summary.ts";
import { runSchema, openingSchema } from "../ledger/run/run.ts";
import { overSchema, sealPieceSchema } from "../ledger/run/seal.ts";
import { sequenceSchema } from "../ledger/sequence/sequence.ts";
import { budgetSchema } from "../limits/pace/budget.ts";
import { readsSchema } from "../limits/pace/reads.ts";
import { roundSchema } from "../sweep/round.ts";
import { sweepSchema } from "../sweep/sweep.ts";
import { huntedSchema, sweptSchema, targetSchema } from "../sweep/target.ts";
import { pauseNoteSchema } from "./pause-note.ts";

/** The form of each kind of row, by its key, or by the first part of that. */
export const ROW_FORMS: Readonly<Record<string, z.ZodType>> = {
  [RATE_TOKEN_KEY]: budgetSchema,
  [ASKED_KEY]: readsSchema,
  [CAPS_KEY]: countsSchema,
  [RATE_TOKEN_PAUSED_KEY]: pauseNoteSchema,
  [SUMMARIES_KEY]: summariesSchema,
  audit: auditRecordSchema,
  behind: indexSchema,
  custody: custodyEntrySchema,
  dead: deadNoticeSchema,
  held: targetSchema,
  history: historySchema,
  hostname: hostnameSchema,
  hunted: huntedSchema,
  intake: intakeSchema,
  key: keySchema,
  later: indexSchema,
  machine: machineSchema,
  news: noticeSchema,
  notice: noticeSchema,
  opening: openingSchema,
  over: overSchema,
  owed: owedSchema,
  planned: pointerSchema,
  ready: indexSchema,
  run: runSchema,
  round: roundSchema,
  running: summarySchema,
  seal: sealPieceSchema,
  sequence: sequenceSchema,
  summary: summarySchema,
  sweep: sweepSchema,
  swept: sweptSchema,
  target: targetSchema,
  team: summarySchema,
};

/** The form of the row with this key; null for a kind that nobody here knows. */
export function formOf(key: string): z.ZodType | null {
  const kind = Object.hasOwn(ROW_FORMS, key) ? key : (key.split("!", 1)[0] ?? "");
  return Object.hasOwn(ROW_FORMS, kind) ? (ROW_FORMS[kind] ?? null) : null;
}

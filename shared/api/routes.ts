import { z } from "zod";
import { SOURCES } from "../incident/incident.ts";
import { callerSchema, profilesSchema } from "./caller-answers.ts";
import { acceptedSchema, dryRunSchema } from "./incident-answers.ts";
import {
  allCancelledSchema,
  approvedSchema,
  cancelledSchema,
  collectAskedSchema,
  healthSchema,
  pausedSchema,
  replayedSchema,
  retriedSchema,
  runResumedSchema,
} from "./operation-answers.ts";
import { callbacksSchema, queueSchema } from "./queue-answers.ts";
import {
  auditPageSchema,
  decisionsSchema,
  evidenceSchema,
  manifestSchema,
  sealsSchema,
} from "./record-answers.ts";
import { attentionSchema, machineSchema, runsSchema } from "./run-answers.ts";
import { auditQuery, get, post, yesOrNo, type Route } from "./route.ts";
import { runSchema } from "./run-answer.ts";
import { SWEEP_ROUTES } from "./sweep-routes.ts";
import { findingsSchema, libraryViewSchema, statusAnswerSchema } from "./status-answers.ts";

const text = z.string();
const anyObject = z.looseObject({});

const nowSchema = z.strictObject({ status: statusAnswerSchema, attention: attentionSchema });

/** Every route; a test compares them with those that the app registers. */
export const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "incidents/{source}",
    right: "incident.submit",
    does: "Accepts an incident, or says with dryRun=true what it would do.",
    query: {
      profile: text,
      callback: text,
      again: yesOrNo,
      dryRun: yesOrNo,
      caller: text,
      validationToken: text,
    },
    body: anyObject,
    answers: {
      200: dryRunSchema,
      202: z.union([acceptedSchema, z.strictObject({ noted: z.string() })]),
    },
  },
  {
    ...get("attention", "run.read", "What wants a person, the most urgent first.", attentionSchema),
    query: { since: z.iso.datetime() },
  },
  {
    ...get("runs", "run.read", "A page of the runs, the newest first.", runsSchema),
    query: {
      state: z.enum(["running", "finished"]),
      source: z.enum(SOURCES),
      incident: text,
      machine: text,
      since: z.iso.datetime(),
      needsAttention: yesOrNo,
      limit: z.int().min(1).max(100),
      cursor: text,
    },
  },
  {
    ...get("machines/{idOrName}/sequences", "run.read", "What a machine was sent.", machineSchema),
    query: { since: z.iso.datetime(), cursor: text },
  },
  get("runs/{runId}", "run.read", "The run and all its sequences.", runSchema),
  get("runs/{runId}/manifest", "run.read", "The custody chain.", manifestSchema),
  get("runs/{runId}/seals", "run.read", "The seals of the run.", sealsSchema),
  get("runs/{runId}/evidence", "evidence.read", "What is stored of the run.", evidenceSchema),
  {
    method: "GET",
    path: "runs/{runId}/evidence/{sequenceId}/{index:int}",
    right: "evidence.read",
    does: "The bytes of one result.",
    answers: { 200: "bytes" },
  },
  {
    ...get("runs/{runId}/audit", "run.read", "A page of the log of the run.", auditPageSchema),
    query: auditQuery,
  },
  {
    ...get("runs/{runId}/decisions", "run.read", "What the queue decided of it.", decisionsSchema),
    query: { from: auditQuery.from },
  },
  {
    ...get("audit", "operate", "A page of the log of the queue.", auditPageSchema),
    query: { ...auditQuery, machine: text },
  },
  {
    ...post("runs/{runId}/cancel", "run.cancel", "Ends the work of the run.", {
      200: cancelledSchema,
    }),
    query: { preview: yesOrNo },
    answers: { 200: cancelledSchema, 202: cancelledSchema },
  },
  {
    ...post("sequences/{sequenceId}/cancel", "run.cancel", "Ends one sequence.", {
      200: cancelledSchema,
    }),
    query: { preview: yesOrNo },
    answers: { 200: cancelledSchema, 202: cancelledSchema },
  },
  post("sequences/{sequenceId}/retry", "again", "Runs a sequence again.", { 202: retriedSchema }),
  {
    ...post("cancel", "operate", "Ends all that is open.", { 200: allCancelledSchema }),
    query: { preview: yesOrNo },
    answers: { 200: allCancelledSchema, 202: allCancelledSchema },
  },
  {
    ...post("runs/{runId}/approve", "run.approve", "Approves the plan.", { 200: approvedSchema }),
    body: z.strictObject({ planHash: z.string() }),
  },
  post("runs/{runId}/resume", "operate", "Lets a paused run go on.", { 200: runResumedSchema }),
  post("runs/{runId}/collect", "operate", "Asks for results again.", { 202: collectAskedSchema }),
  {
    ...post("runs/{runId}/callbacks/replay", "operate", "Sends callbacks again.", {
      202: replayedSchema,
    }),
    query: { all: yesOrNo },
  },
  get("status", "run.read", "Budget, sessions and waiting lines.", statusAnswerSchema),
  {
    ...get("queue", "run.read", "A page of everything that waits.", queueSchema),
    query: { cursor: text },
  },
  {
    ...get("callbacks", "run.read", "A page of callbacks that are owed or dead.", callbacksSchema),
    query: { state: z.enum(["owed", "dead"]), cursor: text },
  },
  get("whoami", "any", "Who the caller is, and what it may do.", callerSchema),
  get("profiles", "any", "The profiles that the caller may name.", profilesSchema),
  get("openapi.json", "any", "This document.", anyObject),
  get("doctor", "operate", "What the app finds out about itself.", findingsSchema),
  post("doctor", "operate", "The same, with a call of Defender.", { 200: findingsSchema }),
  get("library", "run.read", "The pinned files of the library.", libraryViewSchema),
  {
    ...post("library/check", "operate", "The same, after a new list.", { 200: libraryViewSchema }),
    body: anyObject,
  },
  {
    ...post("pause", "operate", "Stops all submissions.", { 200: pausedSchema }),
    body: z.strictObject({ reason: z.string() }),
  },
  post("resume", "operate", "Lets submissions go on.", { 200: pausedSchema }),
  get("now", "run.read", "The status, and what wants a person.", nowSchema),
  ...SWEEP_ROUTES,
  { ...get("page", "none", "The operations page.", anyObject), answers: { 200: "bytes" } },
  { ...get("page/{file}", "none", "A file of it.", anyObject), answers: { 200: "bytes" } },
  get("health", "none", "Says that the app answers.", healthSchema),
];

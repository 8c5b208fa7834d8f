import { z } from "zod";
import { definitionSchema } from "../sweep/definition.ts";
import { auditPageSchema } from "./record-answers.ts";
import { auditQuery, get, post, type Route } from "./route.ts";
import {
  coverageSchema,
  previewSchema,
  rerunSchema,
  roundAnswerSchema,
  roundsSchema,
  stackSchema,
  steeredSchema,
  sweepAnswerSchema,
  sweepsSchema,
} from "./sweep-answers.ts";

const ROUND = "sweeps/{name}/rounds/{number}";
const done = { 200: steeredSchema };

/** The routes of sweeps and their rounds. */
export const SWEEP_ROUTES: readonly Route[] = [
  get("sweeps", "sweep.read", "All sweeps.", sweepsSchema),
  get("sweeps/{name}", "sweep.read", "A sweep and its definition.", sweepAnswerSchema),
  {
    method: "PUT",
    path: "sweeps/{name}",
    right: "sweep.manage",
    does: "Applies a definition as a whole.",
    body: definitionSchema,
    answers: { 200: sweepAnswerSchema, 201: sweepAnswerSchema },
  },
  {
    method: "DELETE",
    path: "sweeps/{name}",
    right: "sweep.manage",
    does: "Forgets the definition, and stops the rounds that are open.",
    answers: done,
  },
  post("sweeps/{name}/preview", "sweep.manage", "What a round would do now.", {
    200: previewSchema,
  }),
  post("sweeps/{name}/start", "sweep.manage", "Starts a round now.", { 202: steeredSchema }),
  post("sweeps/{name}/pause", "sweep.manage", "Lets no round start by itself.", done),
  post("sweeps/{name}/resume", "sweep.manage", "Lets rounds start by the schedule.", done),
  {
    ...get("sweeps/{name}/coverage", "sweep.read", "What became of its machines.", coverageSchema),
    query: { notSince: z.iso.datetime(), cursor: z.string() },
  },
  {
    ...get("sweeps/{name}/audit", "sweep.read", "A page of its log.", auditPageSchema),
    query: auditQuery,
  },
  {
    ...get("sweeps/{name}/rounds", "sweep.read", "Its rounds, the newest first.", roundsSchema),
    query: { cursor: z.string() },
  },
  get(ROUND, "sweep.read", "One round; its number, or last.", roundAnswerSchema),
  {
    ...get(`${ROUND}/rows`, "sweep.read", "The rows of its machines.", z.unknown()),
    query: { format: z.enum(["ndjson", "csv"]), wrong: z.enum(["true", "false"]) },
    answers: { 200: "bytes" },
  },
  {
    ...get(`${ROUND}/stack`, "sweep.read", "On how many machines each value is.", stackSchema),
    query: { by: z.string(), limit: z.int().min(1).max(1_000) },
  },
  {
    ...get(`${ROUND}/changes`, "sweep.read", "What is new and what is gone.", z.unknown()),
    query: { against: z.int().min(1) },
    answers: { 200: "bytes" },
  },
  {
    ...post(`${ROUND}/stop`, "sweep.manage", "Ends a round for good.", done),
    query: { running: z.enum(["true", "false"]) },
  },
  post(`${ROUND}/pause`, "sweep.manage", "Lets a round send nothing more for now.", done),
  post(`${ROUND}/resume`, "sweep.manage", "Lets a paused round go on.", done),
  post(`${ROUND}/rerun`, "sweep.manage", "Sends its failures again.", { 202: rerunSchema }),
];

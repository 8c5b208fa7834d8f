import { z } from "zod";
import type { Right } from "../access/caller.ts";

/** One route of the HTTP interface, and the form of each answer that is no problem. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** As the app registers it, below `/api/`. */
  readonly path: string;
  /** `any`: every caller with a key or a token; `none`: also without. */
  readonly right: Right | "any" | "none";
  readonly does: string;
  /** The form of each parameter of the query. */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  readonly body?: z.ZodType;
  /** By status; `bytes` is no JSON: a result as Defender served it, or a file of the page. */
  readonly answers: Readonly<Record<number, z.ZodType | "bytes">>;
}

/** A parameter that is either. */
export const yesOrNo = z.enum(["true", "false"]);

/** What a log can be asked for: from which record on, and whether the newest come first. */
export const auditQuery = { from: z.int().min(1), newest: yesOrNo, since: z.iso.datetime() };

/** A route that reads. */
export function get(path: string, right: Route["right"], does: string, answer: z.ZodType): Route {
  return { method: "GET", path, right, does, answers: { 200: answer } };
}

/** A route that does something. */
export function post(
  path: string,
  right: Route["right"],
  does: string,
  answers: Route["answers"],
): Route {
  return { method: "POST", path, right, does, answers };
}

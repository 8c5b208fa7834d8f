import { z } from "zod";
import { problemSchema } from "./problem-answer.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

/** A part of the document, as JSON. */
type Json = Readonly<Record<string, unknown>>;

/** The HTTP interface as an OpenAPI 3.1 document, made of the forms that all tests hold it to. */
export function openApiDocument(): Json {
  const paths = new Map<string, Map<string, Json>>();
  for (const route of ROUTES) {
    const path = `/api/${route.path.replaceAll(":int", "")}`;
    const operations = paths.get(path) ?? new Map<string, Json>();
    paths.set(path, operations.set(route.method.toLowerCase(), operationOf(route)));
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "lrq, the live response queue",
      version: "1",
      description: "docs/api.md says what each answer means. Times are ISO 8601 in UTC.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths: Object.fromEntries(
      [...paths].map(([path, operations]) => [path, Object.fromEntries(operations)]),
    ),
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "A key of CALLERS, or an access token of Entra.",
        },
      },
      schemas: { Problem: formOf(problemSchema) },
    },
  };
}

function operationOf(route: Route): Json {
  const { right, does, body } = route;
  const needs = { any: "a key or a token", none: "nobody has to say who calls" }[
    right === "any" || right === "none" ? right : "any"
  ];
  const isRight = right !== "any" && right !== "none";
  return {
    operationId: operationIdOf(route),
    summary: does,
    description: `Needs: ${isRight ? `the right ${right}` : needs}.`,
    ...(right === "none" ? { security: [] } : {}),
    parameters: [...inPath(route.path), ...inQuery(route), ...inHeader(route)],
    ...(body === undefined ? {} : { requestBody: { content: jsonOf(formOf(body)) } }),
    responses: responsesOf(route),
  };
}

/** `GET runs/{runId}/audit` is getRunsRunIdAudit. */
function operationIdOf({ method, path }: Route): string {
  const words = path.replaceAll(":int", "").match(/[A-Za-z]+/g) ?? [];
  const upper = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return method.toLowerCase() + upper.join("");
}

function inPath(path: string): Json[] {
  return [...path.matchAll(/{(\w+)(:int)?}/g)].map(([, name = "", isNumber]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: isNumber === undefined ? "string" : "integer" },
  }));
}

function inQuery({ query = {} }: Route): Json[] {
  return Object.entries(query).map(([name, form]) => {
    return { name, in: "query", required: false, schema: formOf(form) };
  });
}

/** JSON that is read has an ETag. */
function inHeader({ method, answers }: Route): Json[] {
  if (method !== "GET" || answers[200] === "bytes") return [];
  return [{ name: "If-None-Match", in: "header", required: false, schema: { type: "string" } }];
}

function responsesOf({ method, answers }: Route): Json {
  const own = Object.entries(answers).map(([status, form]): [string, Json] =>
    form === "bytes"
      ? [status, { description: "The bytes.", content: { "application/octet-stream": {} } }]
      : [status, { description: "Done.", content: jsonOf(formOf(form)) }],
  );
  const isTagged = method === "GET" && answers[200] !== "bytes";
  const problem = { schema: { $ref: "#/components/schemas/Problem" } };
  return {
    ...Object.fromEntries(own),
    ...(isTagged ? { 304: { description: "It has not changed." } } : {}),
    default: { description: "A problem.", content: { "application/problem+json": problem } },
  };
}

function jsonOf(schema: Json): Json {
  return { "application/json": { schema } };
}

/** OpenAPI 3.1 takes JSON Schema of 2020-12, and names that once for the whole document. */
function formOf(form: z.ZodType): Json {
  const { $schema: _, "~standard": _standard, ...schema } = z.toJSONSchema(form);
  return schema;
}

import type { TemplateSegment } from "./route-template.ts";
import { readTemplate } from "./route-template.ts";

/**
 * One HTTP function: `template` as the app wrote it, without the route prefix; methods in upper
 * case.
 */
export interface Route<T> {
  readonly template: string;
  readonly methods: readonly string[];
  readonly target: T;
}

type RouteMatch<T> =
  | {
      readonly kind: "matched";
      readonly target: T;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "notFound" };

/**
 * `path` is the request's path, percent-encoded as sent, with its leading slash. A method that no
 * function takes there is `notFound`, like a path that none has.
 */
export type Router<T> = (method: string, path: string) => RouteMatch<T>;

interface Entry<T> {
  readonly route: Route<T>;
  readonly segments: readonly TemplateSegment[];
}

/**
 * Builds the router of all HTTP functions. Throws with a sentence for what the real host refuses: a
 * template it cannot read, one that begins with `admin` or `runtime`, two that match the same path
 * on the same method.
 */
export function createRouter<T>(prefix: string, routes: readonly Route<T>[]): Router<T> {
  const entries = routes.map((route) => readRoute(prefix, route));
  refuseCollisions(entries);
  entries.sort((left, right) => comparePrecedence(left.segments, right.segments));
  return (method, path) => {
    const parts = splitPath(path);
    for (const { route, segments } of entries) {
      if (!route.methods.includes(method)) continue;
      const params = matchSegments(segments, parts);
      if (params !== null) return { kind: "matched", target: route.target, params };
    }
    return { kind: "notFound" };
  };
}

function readRoute<T>(prefix: string, route: Route<T>): Entry<T> {
  if (/^(?:admin|runtime)/i.test(route.template)) {
    throw new Error(
      `route "${route.template}": routes beginning with admin or runtime are the host's`,
    );
  }
  const whole = [prefix, route.template].filter((part) => part !== "").join("/");
  const reading = readTemplate(whole);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return { route, segments: reading.segments };
}

function refuseCollisions<T>(entries: readonly Entry<T>[]): void {
  const taken = new Map<string, string>();
  for (const { route, segments } of entries) {
    const shape = segments.map((segment) => segment.shape).join("/");
    for (const method of route.methods) {
      const key = `${method} ${shape}`;
      const other = taken.get(key);
      if (other !== undefined) {
        throw new Error(`routes "${other}" and "${route.template}" collide on ${method}`);
      }
      taken.set(key, route.template);
    }
  }
}

const RANK = { literal: 1, constrained: 2, parameter: 3, catchAll: 5 } as const;

/**
 * Segment by segment, literal before constrained before parameter before catch-all; then the
 * shorter one.
 */
function comparePrecedence(
  left: readonly TemplateSegment[],
  right: readonly TemplateSegment[],
): number {
  for (const [index, segment] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (segment.kind !== other.kind) return RANK[segment.kind] - RANK[other.kind];
  }
  return left.length - right.length;
}

/**
 * A slash that came as %2F stays encoded, as Kestrel keeps it; what cannot be decoded stays as it
 * was sent.
 */
function splitPath(path: string): string[] {
  const bare = path.replace(/^\//, "").replace(/\/$/, "");
  if (bare === "") return [];
  return bare.split("/").map((part) => part.split(/%2f/i).map(decodePart).join("%2F"));
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function matchSegments(
  segments: readonly TemplateSegment[],
  parts: readonly string[],
): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const isCatchAll = segment.kind === "catchAll";
    const part = isCatchAll ? parts.slice(index).join("/") : parts[index];
    if (part === undefined) return segment.optional ? params : null;
    if (!segment.accepts(part)) return null;
    if (segment.name !== null && part !== "") params[segment.name] = part;
    if (isCatchAll) return params;
  }
  return parts.length > segments.length ? null : params;
}

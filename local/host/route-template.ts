/** One part of a path between slashes, as a route template states it. */
export interface TemplateSegment {
  readonly kind: "literal" | "constrained" | "parameter" | "catchAll";
  /** One group per parameter; a group that fits must also pass that parameter's checks. */
  readonly pattern: RegExp;
  readonly parameters: readonly {
    readonly name: string;
    readonly checks: readonly RegExp[];
  }[];
  readonly optional: boolean;
  /** The same for templates that match the same text whatever their parameters are called. */
  readonly shape: string;
}

export type TemplateReading =
  | { readonly kind: "template"; readonly segments: readonly TemplateSegment[] }
  | { readonly kind: "invalid"; readonly problem: string };

const GUID = "\\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\\}?";
const CONSTRAINTS: Readonly<Record<string, string>> = {
  int: "[+-]?\\d{1,10}",
  long: "[+-]?\\d{1,19}",
  bool: "true|false",
  guid: GUID,
  alpha: "[a-z]+",
  decimal: "[+-]?\\d+(?:\\.\\d+)?",
  double: "[+-]?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?",
  required: ".+",
};

/** Reads an ASP.NET route template: `runs/{id}`, `{id:int?}`, `{*rest}`, `file-{name}.txt`. */
export function readTemplate(template: string): TemplateReading {
  if (/^[/~]|\/\/|\/$/.test(template)) {
    return invalid(template, "may not start or end with a slash, nor hold two in a row");
  }
  const segments: TemplateSegment[] = [];
  const parts = template === "" ? [] : splitOutsideBraces(template);
  for (const [index, part] of parts.entries()) {
    const segment = readSegment(part);
    if (typeof segment === "string") return invalid(template, segment);
    if ((segment.kind === "catchAll" || segment.optional) && index < parts.length - 1) {
      return invalid(template, `"${part}" may only stand at the end`);
    }
    segments.push(segment);
  }
  const names = segments.flatMap((segment) =>
    segment.parameters.map((parameter) => parameter.name.toLowerCase()),
  );
  if (new Set(names).size < names.length) return invalid(template, "names a parameter twice");
  return { kind: "template", segments };
}

function invalid(template: string, why: string): TemplateReading {
  return { kind: "invalid", problem: `route "${template}": ${why}` };
}

/** A regex constraint may hold slashes; only those outside braces part segments. */
function splitOutsideBraces(template: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of template) {
    if (char === "{") depth += 1;
    if (char === "}") depth -= 1;
    if (char === "/" && depth === 0) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${char}`);
  }
  return parts;
}

/** A parameter, in which a regex constraint may have doubled braces, or text between parameters. */
const PIECE = /\{(?:[^{}]|\{\{[^{}]*\}\})*\}|[^{}]+/g;

function readSegment(part: string): TemplateSegment | string {
  const pieces = part.match(PIECE) ?? [];
  if (pieces.join("") !== part) return `"${part}" has a brace without its partner`;
  const parameters: Parameter[] = [];
  let pattern = "";
  let shape = "";
  let kind: TemplateSegment["kind"] = "literal";
  let optional = false;
  for (const piece of pieces) {
    if (!piece.startsWith("{")) {
      pattern += piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
      shape += piece.toLowerCase();
      continue;
    }
    const parameter = readParameter(piece.slice(1, -1));
    if (typeof parameter === "string") return parameter;
    parameters.push(parameter);
    pattern += parameter.catchAll ? "(.*)" : "(.+?)";
    shape += `{${parameter.constraints}}`;
    optional ||= parameter.optional;
    kind = parameter.catchAll
      ? "catchAll"
      : parameter.constraints === ""
        ? "parameter"
        : "constrained";
  }
  if (pieces.length > 1 && kind === "catchAll") return `"${part}" mixes text with a catch-all`;
  if (pieces.length > 1 && parameters.length > 0) kind = "constrained";
  return { kind, pattern: new RegExp(`^${pattern}$`, "is"), parameters, optional, shape };
}

interface Parameter {
  readonly name: string;
  readonly checks: readonly RegExp[];
  readonly constraints: string;
  readonly optional: boolean;
  readonly catchAll: boolean;
}

const PARAMETER = /^(\*{0,2})([A-Za-z_]\w*)((?::[^:()]+(?:\(.*\))?)*)$/;
const CONSTRAINT = /:([a-z]+)(?:\((.*?)\))?(?=:|$)/gi;

/** The text between two braces; a sentence when it is no parameter. */
function readParameter(text: string): Parameter | string {
  const optional = text.endsWith("?");
  const match = PARAMETER.exec(optional ? text.slice(0, -1) : text);
  const name = match?.[2];
  if (match === null || name === undefined) return `"{${text}}" is not a parameter known here`;
  const constraints = match[3] ?? "";
  const checks: RegExp[] = [];
  for (const [, constraint, argument] of constraints.matchAll(CONSTRAINT)) {
    const check = constraintPattern(constraint ?? "", argument ?? "");
    if (check === null) return `"{${text}}" has a constraint that is not known here`;
    checks.push(check);
  }
  if (constraints !== "" && checks.length === 0) return `"{${text}}" is not a parameter known here`;
  return { name, checks, constraints, optional, catchAll: match[1] !== "" };
}

function constraintPattern(constraint: string, argument: string): RegExp | null {
  const name = constraint.toLowerCase();
  const fixed = CONSTRAINTS[name];
  if (fixed !== undefined) return new RegExp(`^(?:${fixed})$`, "i");
  if (name === "regex") {
    // Braces are doubled in templates, because single ones delimit parameters.
    return new RegExp(argument.replaceAll("{{", "{").replaceAll("}}", "}"), "i");
  }
  if (!/^\d+(?:,\d+)?$/.test(argument)) return null;
  const bounds = { minlength: `${argument},`, maxlength: `0,${argument}`, length: argument };
  const bound = Object.entries(bounds).find(([known]) => known === name)?.[1];
  return bound === undefined ? null : new RegExp(`^.{${bound}}$`, "s");
}

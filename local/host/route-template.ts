/** One part of a path between slashes, as a route template states it. */
export interface TemplateSegment {
  readonly kind: "literal" | "constrained" | "parameter" | "catchAll";
  /** What the parameter is called; null for a literal. */
  readonly name: string | null;
  /** Whether a part of a path fits, decoded; a catch-all is given all that is left. */
  readonly accepts: (part: string) => boolean;
  readonly optional: boolean;
  /** The same for templates that match the same text whatever their parameters are called. */
  readonly shape: string;
}

export type TemplateReading =
  | { readonly kind: "template"; readonly segments: readonly TemplateSegment[] }
  | { readonly kind: "invalid"; readonly problem: string };

/**
 * Reads the ASP.NET route templates that apps write: `runs/{id}`, `{id:int?}`, `{*rest}`,
 * `{code:regex(^[a-z]{{2}}$)}`. What else ASP.NET knows is invalid here, so that no route matches
 * something else than on Azure.
 */
export function readTemplate(template: string): TemplateReading {
  if (/^[/~]|\/\/|\/$/.test(template)) {
    return invalid(template, "may not start or end with a slash, nor hold two in a row");
  }
  const segments: TemplateSegment[] = [];
  const parts = template === "" ? [] : template.split("/");
  for (const [index, part] of parts.entries()) {
    const segment = readSegment(part);
    if (segment === null) {
      const known = "{name}, {name:int}, {name:regex(...)}, optional with ?, or {*name}";
      return invalid(template, `"${part}" is neither text nor ${known}`);
    }
    if ((segment.kind === "catchAll" || segment.optional) && index < parts.length - 1) {
      return invalid(template, `"${part}" may only stand at the end`);
    }
    segments.push(segment);
  }
  const names = segments.flatMap(({ name }) => name?.toLowerCase() ?? []);
  if (new Set(names).size < names.length) return invalid(template, "names a parameter twice");
  return { kind: "template", segments };
}

function invalid(template: string, why: string): TemplateReading {
  return { kind: "invalid", problem: `route "${template}": ${why}` };
}

const PARAMETER = new RegExp(
  String.raw`^\{(?<stars>\*{1,2})?(?<name>[a-z_]\w*)` +
    String.raw`(?::(?<constraint>int|regex\((?<regex>.+)\)))?(?<optional>\?)?\}$`,
  "i",
);
/** As many digits as a 32-bit number has. */
const INT = /^[+-]?\d{1,10}$/;

function readSegment(part: string): TemplateSegment | null {
  if (!/[{}]/.test(part)) {
    const shape = part.toLowerCase();
    const accepts = (text: string) => text.toLowerCase() === shape;
    return { kind: "literal", name: null, accepts, optional: false, shape };
  }
  const { stars, name, constraint, regex, optional } = PARAMETER.exec(part)?.groups ?? {};
  if (name === undefined) return null;
  const common = { name, optional: optional !== undefined, shape: `{${constraint ?? ""}}` };
  if (stars !== undefined) {
    return constraint === undefined ? { ...common, kind: "catchAll", accepts: () => true } : null;
  }
  if (constraint === undefined) {
    return { ...common, kind: "parameter", accepts: (text) => text !== "" };
  }
  // Braces are doubled in templates, because single ones delimit parameters.
  const pattern =
    regex === undefined ? INT : new RegExp(regex.replaceAll("{{", "{").replaceAll("}}", "}"), "i");
  return { ...common, kind: "constrained", accepts: (text) => text !== "" && pattern.test(text) };
}

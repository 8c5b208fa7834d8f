/** A piece of a template: fixed text, or the place of a parameter's value. */
export type TemplatePiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "place"; readonly parameter: string };

/** The form of a parameter's name: camelCase, at most 32 characters. */
export const PARAMETER_NAME = /^[a-z][A-Za-z0-9]{0,31}$/;

const PLACE = /\{\{([a-z][A-Za-z0-9]{0,31})\}\}/;

/**
 * The pieces of a template, in order and without empty texts; null if it has double braces that are
 * not exactly `{{parameter}}`. Values that were inserted are never read again as a template.
 */
export function readTemplate(template: string): TemplatePiece[] | null {
  const pieces: TemplatePiece[] = [];
  // `split` with one group in the pattern gives text, name, text, name, ..., text.
  for (const [index, part] of template.split(PLACE).entries()) {
    if (index % 2 === 1) {
      pieces.push({ kind: "place", parameter: part });
    } else if (part.includes("{{") || part.includes("}}")) {
      return null;
    } else if (part !== "") {
      pieces.push({ kind: "text", text: part });
    }
  }
  return pieces;
}

/** The parameters a template has places for; none if it is not a template. */
export function placesOf(template: string): string[] {
  return (readTemplate(template) ?? []).flatMap((piece) =>
    piece.kind === "place" ? [piece.parameter] : [],
  );
}

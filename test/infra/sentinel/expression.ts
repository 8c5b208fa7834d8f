/** What the expressions of a running playbook may see. */
export interface Scope {
  readonly triggerBody: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly runName: string;
  /** The outputs of an action; null if it had none. Throws if there is no such action. */
  readonly outputs: (action: string) => unknown;
}

/** What the language of Logic Apps allows, but these tests do not know; or what fails there too. */
export class ExpressionError extends Error {}

/**
 * A value of a definition with all its expressions evaluated: `@f()` is a value, `@{f()}` in a text
 * is its text, `@@` is an `@`. Throws an ExpressionError at everything it does not know.
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (typeof value === "string") return evaluateText(value, scope);
  if (Array.isArray(value)) return value.map((each) => evaluate(each, scope));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, evaluate(each, scope)]);
  return Object.fromEntries(entries);
}

function evaluateText(text: string, scope: Scope): unknown {
  if (text.startsWith("@@")) return text.slice(1);
  if (text.startsWith("@") && !text.startsWith("@{")) {
    const reader = new Reader(text, 1, scope);
    const value = reader.expression();
    reader.end(text.length);
    return value;
  }
  let result = "";
  let at = 0;
  for (let next = text.indexOf("@{"); next >= 0; next = text.indexOf("@{", at)) {
    const reader = new Reader(text, next + 2, scope);
    result += text.slice(at, next) + asText(reader.expression());
    at = reader.past("}");
  }
  return result + text.slice(at);
}

/** The function `string`, and what interpolation makes of a value. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Call = (scope: Scope, args: readonly unknown[]) => unknown;

/** Every function that a playbook of ours calls in an action. */
const FUNCTIONS: Readonly<Record<string, Call>> = {
  triggerBody: ({ triggerBody }) => triggerBody,
  parameters: ({ parameters }, [name]) => member(parameters, name, false),
  outputs: ({ outputs }, [action]) => outputs(textOf(action)),
  body: ({ outputs }, [action]) => member(outputs(textOf(action)), "body", true),
  workflow: ({ runName }) => ({ run: { name: runName } }),
  string: (_, [value]) => asText(value),
  encodeURIComponent: (_, [text]) => encodeURIComponent(textOf(text)),
  length: (_, [value]) => {
    if (typeof value === "string" || Array.isArray(value)) return value.length;
    throw new ExpressionError(`length of ${asText(value)}`);
  },
  take: (_, [text, count]) => textOf(text).slice(0, Number(count)),
};

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new ExpressionError(`${asText(value)} is no text`);
}

/** A member; with `optional` (`?[...]`) null has none, and a missing one is null. */
function member(of: unknown, key: unknown, optional: boolean): unknown {
  const name = textOf(key);
  if (of === null && optional) return null;
  if (typeof of !== "object" || of === null || Array.isArray(of)) {
    throw new ExpressionError(`${asText(of)} has no members, and not ${name}`);
  }
  const found: unknown = Object.entries(of).find(([each]) => each === name)?.[1];
  if (found === undefined && !optional) throw new ExpressionError(`nothing is called ${name}`);
  return found ?? null;
}

const LITERALS: Readonly<Record<string, unknown>> = { null: null, true: true, false: false };

/** Reads one expression from `at` on, and evaluates what it reads. */
class Reader {
  readonly #text: string;
  readonly #scope: Scope;
  #at: number;

  constructor(text: string, at: number, scope: Scope) {
    this.#text = text;
    this.#at = at;
    this.#scope = scope;
  }

  expression(): unknown {
    let value = this.#primary();
    for (;;) {
      const [opening] = this.#match(/\??\[/y) ?? [];
      if (opening === undefined) return value;
      const key = this.expression();
      this.past("]");
      value = member(value, key, opening === "?[");
    }
  }

  /** The place after `mark`, which has to come now. */
  past(mark: string): number {
    if (!this.#text.startsWith(mark, this.#at)) this.#refuse(`no ${mark}`);
    this.#at += mark.length;
    return this.#at;
  }

  end(at: number): void {
    if (this.#at !== at) this.#refuse("something follows");
  }

  #primary(): unknown {
    const [, quoted] = this.#match(/'((?:[^']|'')*)'/y) ?? [];
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    const [number] = this.#match(/\d+/y) ?? [];
    if (number !== undefined) return Number(number);
    const [name = this.#refuse("nothing known")] = this.#match(/[A-Za-z]+/y) ?? [];
    if (name in LITERALS) return LITERALS[name];
    const call = FUNCTIONS[name] ?? this.#refuse(`no function ${name}`);
    return call(this.#scope, this.#args());
  }

  #args(): unknown[] {
    this.past("(");
    const args: unknown[] = [];
    while (this.#match(/\s*\)/y) === null) {
      if (args.length > 0) this.past(",");
      this.#match(/\s*/y);
      args.push(this.expression());
    }
    return args;
  }

  #match(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text);
    if (found !== null) this.#at = form.lastIndex;
    return found;
  }

  #refuse(why: string): never {
    throw new ExpressionError(`${this.#text}: ${why} at ${this.#at}`);
  }
}

/**
 * The JSON value; `asked` gets the names that somebody asks its objects for, in lower case. Names
 * that come up because an object's fields are listed are not among them.
 */
export function listening(value: unknown, asked: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => listening(each, asked));
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([name, of]) => [name, listening(of, asked)] as const);
  const target: Record<string, unknown> = Object.fromEntries(inner);
  /** Names that an enumeration under way is about to ask for, in this order. */
  let coming: (string | symbol)[] = [];
  return new Proxy(target, {
    ownKeys: (of) => {
      coming = Reflect.ownKeys(of);
      return [...coming];
    },
    getOwnPropertyDescriptor: (of, name) => {
      if (coming[0] === name) coming.shift();
      else if (typeof name === "string") asked.add(name.toLowerCase());
      return Reflect.getOwnPropertyDescriptor(of, name);
    },
  });
}

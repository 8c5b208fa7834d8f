/** Stands in for a function of a module: given the real one, then what that would be given. */
export type Bug = (real: never, ...given: never[]) => unknown;

/** The bugs that are planted now, by the name of the function they stand in for. */
export const bugs = new Map<string, Bug>();

/** The module with every function of it replaceable by name. */
export function replaceable(module: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(module).map(([name, real]) => {
      if (typeof real !== "function") return [name, real];
      return [
        name,
        (...given: unknown[]) => {
          const bug = bugs.get(name);
          return bug === undefined
            ? Reflect.apply(real, null, given)
            : Reflect.apply(bug, null, [real, ...given]);
        },
      ];
    }),
  );
}

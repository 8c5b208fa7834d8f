// One worker reads all files: none is read with the mutant that the one before it was run with.
const stryker: unknown = Reflect.get(globalThis, "__stryker__");
if (typeof stryker === "object" && stryker !== null) {
  Reflect.deleteProperty(stryker, "activeMutant");
}

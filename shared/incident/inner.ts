import { fieldsOf } from "./fields.ts";
import { mentionOf, otherId, type Mentioned } from "./machine-mention.ts";

/** The resources of Azure that are machines: of Compute, of a scale set, and of Azure Arc. */
const MACHINE_RESOURCE = /\/(?:virtualMachines|Microsoft\.HybridCompute\/machines)\/[^/]+\/?$/i;

/**
 * The objects inside a value, each with the name of its field in lower case; those of a list have
 * the name of the list. A body is at most 32 deep, and so is whoever goes down with this.
 */
export function innerOf(value: unknown): (readonly [string, unknown])[] {
  return Object.entries(fieldsOf(value) ?? {}).flatMap(([name, of]) =>
    [of].flat().flatMap((each) => (fieldsOf(each) === null ? [] : [[name.toLowerCase(), each]])),
  );
}

/**
 * The machine that is named only as this resource of Azure: Defender finds none by it. Null if the
 * resource is no machine.
 */
export function machineResource(resourceId: string | null): Mentioned | null {
  if (resourceId === null || !MACHINE_RESOURCE.test(resourceId)) return null;
  const otherIds = [otherId("azure", resourceId)];
  return mentionOf({ machineId: null, names: [], systems: [], otherIds });
}

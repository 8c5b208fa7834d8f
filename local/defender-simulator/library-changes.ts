import type { LibraryChange } from "./options.ts";
import { libraryFile, sha256Hex } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/** Who it is that changes the library. */
const SOMEBODY = "somebody@contoso.example";

/** Makes the changes of the plan that are due, each once. */
export function changeLibrary(tenant: Tenant, nowMs: number): void {
  for (const [index, change] of tenant.libraryChanges.entries()) {
    if (tenant.state.libraryChangesMade.includes(index)) continue;
    const atMs = dueAtMs(tenant, change);
    if (atMs === null || atMs > nowMs) continue;
    tenant.state.libraryChangesMade.push(index);
    tenant.changed = true;
    make(tenant, change, atMs);
  }
}

/** When a change is made; null while too few actions have begun. */
function dueAtMs(
  { state, rules }: Tenant,
  { afterSeconds = 0, afterActions = 0 }: LibraryChange,
): number | null {
  const byClockMs = state.startedAtMs + rules.ms(afterSeconds);
  if (afterActions === 0) return byClockMs;
  const begun = state.actions.flatMap(({ pickedUpAtMs }) => pickedUpAtMs ?? []);
  const nth = begun.toSorted((a, b) => a - b)[afterActions - 1];
  return nth === undefined ? null : Math.max(nth, byClockMs);
}

function make(tenant: Tenant, { fileName, content }: LibraryChange, atMs: number): void {
  if (content === null) {
    delete tenant.state.library[fileName];
    return;
  }
  const before = libraryFile(tenant, fileName);
  tenant.state.library[fileName] = {
    fileName,
    base64: Buffer.from(content).toString("base64"),
    sha256: sha256Hex(content),
    description: before?.description ?? null,
    createdAtMs: before?.createdAtMs ?? atMs,
    updatedAtMs: atMs,
    createdBy: SOMEBODY,
    hasParameters: before?.hasParameters ?? false,
    parametersDescription: before?.parametersDescription ?? null,
  };
}

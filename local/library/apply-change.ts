import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import type { Reply } from "../../shared/ports.ts";
import { descriptionOf } from "./compare.ts";
import { isAboutAccess, wordsOf } from "./look.ts";
import type { TenantLibrary } from "./open-library.ts";
import type { Change } from "./plan-changes.ts";

/** Tries of one change whose answer was lost. */
const TRIES_MAX = 4;

/** How a change ended. `conflict`: somebody else has changed the file since it was listed. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "conflict" | "refused" | "unreachable" | "wrong"; readonly why: string };

const DONE: Outcome = { kind: "done" };

/**
 * Makes one change and is sure of it: if an answer was lost, it lists again and compares hashes
 * before the next try. A file that was not there is uploaded without `OverrideIfExists`, so that
 * nothing of somebody else is replaced.
 */
export async function applyChange(
  tenant: TenantLibrary,
  change: Change,
  bytes: () => Uint8Array<ArrayBuffer>,
): Promise<Outcome> {
  let why = "";
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const reply = await attempt(tenant, change, bytes);
    if (reply.kind === "answered") return DONE;
    if (reply.kind === "absent" && change.does === "delete") return DONE;
    why = wordsOf(reply);
    if (isAboutAccess(reply)) return { kind: "refused", why };
    const listed = await tenant.list();
    if (listed.kind !== "answered") continue;
    const found = judged(change, listed.value);
    if (found !== null) return found;
    // The file is as it was, so a refusal of the request itself would only come again.
    if (reply.kind === "refused") return { kind: "wrong", why };
  }
  return { kind: "unreachable", why };
}

async function attempt(
  tenant: TenantLibrary,
  { does, name, pin }: Change,
  bytes: () => Uint8Array<ArrayBuffer>,
): Promise<Reply<unknown>> {
  if (pin === null) return await tenant.remove(name);
  const { parameters } = pin;
  const file = { name, bytes: bytes(), description: descriptionOf(pin), parameters };
  return await tenant.upload(file, does === "replace");
}

/** What the list says of a change; null if the file is as it was before. */
function judged(change: Change, files: readonly LibraryFile[]): Outcome | null {
  const file = files.find(({ name }) => name === change.name);
  const isDone = change.pin === null ? file === undefined : file?.sha256 === change.pin.sha256;
  if (isDone) return DONE;
  if (isAsPlanned(change, files)) return null;
  return { kind: "conflict", why: `Somebody else has changed ${change.name} meanwhile.` };
}

/** True if the file is still as it was when the change was planned. */
export function isAsPlanned(
  { name, does, listed }: Change,
  files: readonly LibraryFile[],
): boolean {
  const file = files.find((each) => each.name === name);
  return does === "upload" ? file === undefined : file !== undefined && file.sha256 === listed;
}

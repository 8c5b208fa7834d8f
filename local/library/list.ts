import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import type { LibraryAsked, LibrarySurroundings } from "./asked.ts";
import { unread } from "./look.ts";
import type { TenantLibrary } from "./open-library.ts";

/**
 * `lrq library list`: the list in the form that `POST /api/library/check` takes, for an app that may
 * not list the library itself. Its time is before the call. Files without a hash are left out, so
 * that they count as missing.
 */
export async function list(
  _asked: LibraryAsked,
  { say, complain }: LibrarySurroundings,
  tenant: TenantLibrary,
): Promise<ExitCode> {
  const listedAt = new Date().toISOString();
  const listed = await tenant.list();
  if (listed.kind !== "answered") {
    const { why, exitCode } = unread(listed);
    complain(why);
    return exitCode;
  }
  const files = listed.value.flatMap(({ name, sha256, updatedAtMs }) => {
    const updatedAt = updatedAtMs === null ? null : new Date(updatedAtMs).toISOString();
    return sha256 === null ? [] : [{ name, sha256, updatedAt }];
  });
  say(JSON.stringify({ listedAt, files }));
  return EXIT.done;
}

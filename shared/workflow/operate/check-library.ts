import { z } from "zod";
import { readBody } from "../../incident/read-body.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { LibraryFile } from "../../plan/library/library-file.ts";
import type { Ports } from "../../ports.ts";
import { Contended } from "../../store/contended.ts";
import { listLibrary, noteList } from "../../store/list-library.ts";

type CheckPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** What came of it: the library was listed, or why not. */
export type LibraryChecked =
  | { readonly kind: "checked" }
  | { readonly kind: "refused"; readonly detail: string };

/** A list that somebody else took, at most so long before its clock and ours differ. */
const CLOCKS_MS = 60_000;
/** More than the 250 MB of a library hold in scripts. Our own bound. */
const FILES_MAX = 5_000;

const listSchema = z.strictObject({
  listedAt: z.iso.datetime({ offset: true }),
  files: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(255),
        sha256: z.string().regex(/^[0-9a-fA-F]{64}$/),
        updatedAt: z.iso.datetime({ offset: true }).nullable().default(null),
      }),
    )
    .max(FILES_MAX),
});

/**
 * Lists the library now, or takes the list in the body (JSON: `listedAt`, and `files` with `name`,
 * `sha256` and `updatedAt`) if others bring the lists. A list that is older than one may be, or than
 * the one that stands, changes nothing. Throws `Contended` if others kept writing the budget.
 */
export async function checkLibrary(
  ports: CheckPorts,
  limits: Limits,
  rules: LibraryRules | null,
  asked: { readonly by: string; readonly rawBody: Uint8Array },
): Promise<LibraryChecked> {
  if (rules === null) return refused("LIBRARY_CHECK is off: lrq compares nothing with a list.");
  ports.log("info", "libraryCheck", { by: asked.by });
  const isEmpty = asked.rawBody.length === 0;
  if (rules.lists === "self") {
    if (!isEmpty) return refused("Send no body: lrq lists the library itself.");
    // If nothing was noted, somebody else has just asked: then that list is the new one.
    await listLibrary(ports, limits, rules);
    return { kind: "checked" };
  }
  const body = readBody(asked.rawBody);
  const read = listSchema.safeParse(body.kind === "read" ? body.json : null);
  if (!read.success) return refused(FORM);
  const askedAtMs = Date.parse(read.data.listedAt);
  const nowMs = ports.clock.latest();
  if (askedAtMs > nowMs + CLOCKS_MS) return refused("listedAt is in the future.");
  if (askedAtMs < nowMs - rules.ageMs) {
    return refused(`The list is older than LIBRARY_MINUTES, ${rules.ageMs / 60_000}.`);
  }
  const files = read.data.files.map(fileIn);
  return told(await noteList(ports, rules, { files, askedAtMs: Math.min(askedAtMs, nowMs) }));
}

const FORM =
  'Send {"listedAt": "...", "files": [{"name": "...", "sha256": "...", "updatedAt": null}]}, ' +
  "as lrq library list gives it.";

function fileIn({
  name,
  sha256,
  updatedAt,
}: z.infer<typeof listSchema>["files"][number]): LibraryFile {
  const updatedAtMs = updatedAt === null ? null : Date.parse(updatedAt);
  const unsaid = { createdAtMs: null, createdBy: null, description: null };
  return { ...unsaid, name, sha256: sha256.toLowerCase(), updatedAtMs };
}

function refused(detail: string): LibraryChecked {
  return { kind: "refused", detail };
}

function told(isNoted: boolean): LibraryChecked {
  if (!isNoted) throw new Contended("the budget");
  return { kind: "checked" };
}

import { createHash } from "node:crypto";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import type { Pin } from "../../shared/plan/library/pins.ts";
import type { Compared } from "./compare.ts";
import type { FolderFile } from "./pinned-folder.ts";

/** One change of the tenant's library. */
export interface Change {
  readonly does: "upload" | "replace" | "delete";
  readonly name: string;
  /** What it shall be; null to delete it. */
  readonly pin: Pin | null;
  /** The hash that Defender lists now; null if it lists none. */
  readonly listed: string | null;
}

/** What `apply` would do, and what it cannot do. */
export interface ChangePlan {
  readonly changes: readonly Change[];
  /** Why there can be no apply. */
  readonly problems: readonly string[];
  /** SHA-256 of the changes: the same plan has the same hash. */
  readonly hash: string;
}

/** Plans without looking outside: `files` are those of the folder, with their hashes. */
export function planChanges(
  compared: readonly Compared[],
  files: readonly FolderFile[],
): ChangePlan {
  const here = new Map(files.map((file) => [file.name, file]));
  const changes = compared.flatMap(changeFor);
  const problems = [
    ...compared.flatMap((each) => pinProblems(each, here.get(each.name) ?? null)),
    ...files.flatMap(({ name }) =>
      compared.some((each) => each.name === name && each.pin !== null)
        ? []
        : [`${name} has no pin: run lrq library pin.`],
    ),
  ];
  const told = changes.map(({ does, name, pin, listed }) => {
    return { does, name, sha256: pin?.sha256 ?? null, listed };
  });
  const hash = createHash("sha256").update(canonicalJson(told)).digest("hex");
  return { changes, problems, hash };
}

function changeFor({ name, state, pin, listed }: Compared): Change[] {
  const hash = listed?.sha256 ?? null;
  switch (state) {
    case "missing":
      return [{ does: "upload", name, pin, listed: null }];
    case "changed":
      return [{ does: "replace", name, pin, listed: hash }];
    case "left":
      return [{ does: "delete", name, pin: null, listed: hash }];
    case "same":
    case "foreign":
    case "misspelt":
      return [];
  }
}

function pinProblems({ name, state, pin, listed }: Compared, here: FolderFile | null): string[] {
  if (pin === null) return [];
  if (here !== null && here.sha256 !== pin.sha256) {
    return [`${name} is not as pinned in the folder: run lrq library pin.`];
  }
  if (state === "misspelt") {
    const found = listed?.name ?? "";
    return [`The tenant has ${found}, and the pin says ${name}: delete ${found} there first.`];
  }
  if (here !== null || state === "same") return [];
  return [`${name} is pinned, but not in the folder: there is nothing to upload.`];
}

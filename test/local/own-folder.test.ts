import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownFolder } from "../../local/own-folder.ts";

const mode = (path: string) => statSync(path).mode & 0o777;

it.skipIf(process.platform === "win32")(
  "a folder is its owner's alone, whether it is new or was open to others",
  () => {
    const around = mkdtempSync(join(tmpdir(), "lrq-own-"));
    try {
      const fresh = join(around, "a", "b");
      ownFolder(fresh);
      const open = join(around, "open");
      mkdirSync(open);
      chmodSync(open, 0o755);
      ownFolder(open);
      expect([mode(fresh), mode(open)]).toEqual([0o700, 0o700]);
    } finally {
      rmSync(around, { recursive: true });
    }
  },
);

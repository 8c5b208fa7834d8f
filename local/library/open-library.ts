import { readConfig } from "../../shared/config.ts";
import { tokenSource } from "../../shared/credentials.ts";
import { addressTrouble } from "../../shared/defender/address.ts";
import { asking, askWith } from "../../shared/defender/ask.ts";
import { listLibrary } from "../../shared/defender/library.ts";
import { readLibraryFile } from "../../shared/defender/schema.ts";
import { createTokens } from "../../shared/defender/token.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import type { Reply } from "../../shared/ports.ts";
import { uploadForm, type Upload } from "./upload-form.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The tenant's library, and the changes that only the command line makes: the app has no code for
 * them. No call is repeated inside; after `unavailable` a change may have been made.
 */
export interface TenantLibrary {
  list(): Promise<Reply<readonly LibraryFile[]>>;
  /** Without `override`, `refused` if a file has the name. */
  upload(file: Upload, override: boolean): Promise<Reply<LibraryFile>>;
  /** `absent` if it is gone already. */
  remove(name: string): Promise<Reply<"gone">>;
}

const READ_MS = 30_000;
/** 20 MB on a slow line. */
const UPLOAD_MS = 300_000;
/** az needs some seconds for a token. */
const TOKEN_MS = 60_000;
const ANSWER_BYTES_MAX = 2 ** 20;

/** The library that the settings lead to; throws a sentence if they lead to none. */
export function openLibrary(env: Env, nowMs: () => number): TenantLibrary {
  const { url, getToken } = defenderIn(env, nowMs);
  const trouble = addressTrouble(url);
  if (trouble !== null) throw new Error(`DEFENDER_API_URL: ${trouble}`);
  const tokens = createTokens(getToken, nowMs, TOKEN_MS);
  const files = `${url}/api/libraryfiles`;
  const ask = asking(tokens, nowMs, READ_MS);
  const maxBytes = ANSWER_BYTES_MAX;
  return {
    list: () => listLibrary(ask, url),
    upload: async (file, override) => {
      const body = await uploadForm(file, override);
      const call = { method: "POST", url: files, body, timeoutMs: UPLOAD_MS, maxBytes } as const;
      return await askWith({ tokens, nowMs }, call, readLibraryFile);
    },
    remove: async (name) => {
      const at = `${files}/${encodeURIComponent(name)}`;
      const call = { method: "DELETE", url: at, body: null, timeoutMs: READ_MS, maxBytes } as const;
      return await askWith({ tokens, nowMs }, call, () => "gone" as const);
    },
  };
}

/** Only the settings about Defender are needed, so nothing else has to be set. */
function defenderIn(env: Env, nowMs: () => number) {
  const names = Object.entries(env).filter(([name]) => name.startsWith("DEFENDER_"));
  const read = readConfig({ ...Object.fromEntries(names), ...NOT_ABOUT_DEFENDER });
  if (read.kind === "config") {
    return { url: read.config.defender.url, getToken: tokenSource(read.config, env, nowMs) };
  }
  throw new Error(read.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
}

/** What a Config must have, and nothing here uses. */
const NOT_ABOUT_DEFENDER = {
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
  POLL_SCHEDULE: "0 * * * * *",
};

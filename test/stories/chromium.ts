import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

/** A Chromium that a test can drive, or why there is none. */
export type FoundChromium =
  | { readonly kind: "found"; readonly start: () => Promise<Browser> }
  | { readonly kind: "none"; readonly why: string };

/** The names that Linux packages give it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"] as const;
/** Where Windows and macOS have one, the driver knows it. */
const CHANNELS = ["chrome", "msedge"] as const;

/** The Chromium of this machine. None is fetched: a system brings one, or has a package of it. */
export async function findChromium(): Promise<FoundChromium> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const executablePath = paths.find((path) => existsSync(path));
  if (executablePath !== undefined) {
    return { kind: "found", start: async () => await launched({ executablePath }) };
  }
  for (const channel of CHANNELS) {
    if (await starts(channel)) {
      return { kind: "found", start: async () => await launched({ channel }) };
    }
  }
  return { kind: "none", why: "there is no Chromium on this machine" };
}

async function starts(channel: string): Promise<boolean> {
  try {
    await (await launched({ channel })).close();
    return true;
  } catch {
    return false;
  }
}

type Where = { readonly executablePath: string } | { readonly channel: string };

/** Root may only start it without its sandbox, and here it opens nothing but our own page. */
async function launched(where: Where): Promise<Browser> {
  return await chromium.launch({
    ...where,
    // None: how long a start takes says how busy the machine is.
    timeout: 0,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

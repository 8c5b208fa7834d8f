import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type {
  SimulatedLibraryFile,
  SimulatorOptions,
} from "../../../local/defender-simulator/options.ts";
import { startSimulator, type Simulator } from "../../../local/defender-simulator/simulator.ts";
import { openLibrary, type TenantLibrary } from "../../../local/library/open-library.ts";
import { runCommand } from "../../../local/lrq/command-line.ts";
import { temporaryFolder } from "../lrq/exporting.ts";

/** A tenant, a folder, and the command line between them. */
export interface LibraryBench {
  readonly simulator: Simulator;
  readonly folder: string;
  /** The library over HTTP, without pace. */
  readonly tenant: TenantLibrary;
  /** Runs `lrq library ...` on the folder. */
  readonly run: (...words: string[]) => Promise<Ran>;
  /** The same, with somebody there who answers `confirm`. */
  readonly runWith: (
    confirm: (question: string) => Promise<boolean>,
    ...words: string[]
  ) => Promise<Ran>;
  /** What the tenant has: text by name. */
  readonly texts: () => Promise<Record<string, string>>;
  /** Does as somebody else does in the portal. */
  readonly putByHand: (name: string, text: string, description?: string) => Promise<void>;
  readonly removeByHand: (name: string) => Promise<void>;
}

interface Ran {
  readonly exitCode: number;
  readonly said: string;
  readonly complained: string;
}

const TOKEN = "token-of-the-pipeline";
const OTHERS = "token-of-somebody-else";

/** `here` are the files of the folder, pinned; `there` is what the tenant has. */
export async function openBench(
  here: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>> = {},
  more: Partial<SimulatorOptions> = {},
): Promise<LibraryBench> {
  const library = Object.entries(there).map(([fileName, text]): SimulatedLibraryFile => {
    return { fileName, content: Buffer.from(text) };
  });
  const accepted = [
    { token: TOKEN, requestor: "the pipeline" },
    { token: OTHERS, requestor: "somebody else" },
  ];
  const token = { required: true, accepted };
  const simulator = await startSimulator({ seed: 1, machines: [], library, token, ...more });
  onTestFinished(() => simulator.close());
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(here)) writeFileSync(join(folder, name), text);
  const env = { DEFENDER_API_URL: simulator.url, DEFENDER_ACCESS_TOKEN: TOKEN };
  const run = async (words: readonly string[], confirm?: (asked: string) => Promise<boolean>) => {
    const [said, complained] = [[] as string[], [] as string[]];
    const exitCode = await runCommand(["library", ...words, "--folder", folder], {
      env,
      say: (line) => void said.push(line),
      complain: (line) => void complained.push(line),
      ...(confirm === undefined ? {} : { confirm }),
    });
    return { exitCode, said: said.join("\n"), complained: complained.join("\n") };
  };
  await run(["pin"]);
  return {
    simulator,
    folder,
    tenant: openLibrary(env, Date.now),
    run: async (...words) => await run(words),
    runWith: async (confirm, ...words) => await run(words, confirm),
    texts: async () => await textsOf(simulator, [...values(here), ...values(there)]),
    putByHand: async (name, text, description = "") => {
      const form = new FormData();
      form.set("Description", description);
      form.set("OverrideIfExists", "true");
      form.set("file", new Blob([text]), name);
      await byHand(simulator, "POST", "", form);
    },
    removeByHand: async (name) => await byHand(simulator, "DELETE", `/${name}`),
  };
}

const values = (files: Readonly<Record<string, string>>) => Object.values(files);

async function byHand(
  { url }: Simulator,
  method: string,
  path: string,
  form?: FormData,
): Promise<void> {
  const headers = { authorization: `Bearer ${OTHERS}` };
  const body = form === undefined ? {} : { body: form };
  const response = await fetch(`${url}/api/libraryfiles${path}`, { method, headers, ...body });
  if (!response.ok) throw new Error(await response.text());
}

const listSchema = z.object({
  value: z.array(z.object({ fileName: z.string(), sha256: z.string() })),
});

/** Texts that no test has written are shown as their hash. */
async function textsOf(
  { url }: Simulator,
  known: readonly string[],
): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${OTHERS}` };
  const response = await fetch(`${url}/api/libraryfiles`, { headers });
  const { value } = listSchema.parse(await response.json());
  const byHash = new Map([...known, "by hand"].map((text) => [sha256(text), text]));
  return Object.fromEntries(
    value.map((file) => [file.fileName, byHash.get(file.sha256) ?? file.sha256]),
  );
}

/** The hash of a text. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

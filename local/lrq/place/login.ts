import { readFileSync } from "node:fs";
import { z } from "zod";
import { isLoopback } from "../../../shared/loopback.ts";
import { hostOf } from "../app-address.ts";
import { lrqAt } from "../app/lrq.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import type { Asked, Verb } from "../command/verb.ts";
import { placesFolder } from "./config-folder.ts";
import { signInByDevice } from "./entra-tokens.ts";
import { DEFAULT_PLACE, type Place, placeName, writePlace } from "./place.ts";
import { entraSignIn } from "./place-address.ts";

const AUTHORITY = "https://login.microsoftonline.com";
const whoamiSchema = z.object({ name: z.string(), team: z.string() });

/** `lrq login`: signs in at an lrq, and keeps that for the commands after it. */
export const login: Verb = {
  usage: "login",
  summary: "sign in at an lrq, with a key or with Entra, and keep that",
  examples: [
    ["lrq login --url https://APP", "asks for the key, without showing it"],
    ["lrq login --at lab --url http://127.0.0.1:7071 --key-file key.txt", "--at lab means it"],
    [
      "lrq login --url https://APP --entra --tenant ID --client ID --scope api://lrq/access",
      "a person signs in, with a code on a page of Entra",
    ],
  ],
  options: [
    ["--at <name>", `what to call it (default: ${DEFAULT_PLACE})`],
    ["--url <address>", "the address of lrq"],
    ["--key-file <file>", "a file with the key; - is stdin"],
    ["--entra", "sign in with Entra, instead of a key"],
    ["--tenant <id>", "the tenant of Entra"],
    ["--client <id>", "the app registration that people sign in to"],
    ["--scope <scope>", "what the token is for, such as api://lrq/access"],
    ["--authority <address>", `where Entra is (default: ${AUTHORITY})`],
  ],
  about:
    "Without --key-file the key is LRQ_KEY, or is asked for. It is never an argument: everybody on " +
    "a machine can read those. It is kept in a file that only you may read.",
  asksApp: false,
  run: async (asked, around) => {
    const name = placeName(asked.text("at") ?? DEFAULT_PLACE);
    const url = safeUrl(asked.text("url"), "--url");
    const signIn = asked.flag("entra")
      ? await byEntra(asked, around)
      : { kind: "key" as const, key: await keyFor(asked, around) };
    const key = signIn.kind === "key" ? signIn.key : signIn.accessToken;
    const { value, body } = await lrqAt({ url, key }).get("whoami", whoamiSchema);
    const folder = placesFolder(around.env, process.platform);
    const file = writePlace(folder, name, { v: 1, url, signIn });
    if (asked.flag("json")) around.sayJson(body);
    else around.say(`You are ${value.name} of the team ${value.team} at ${new URL(url).host}.`);
    around.note(`Kept in ${file}. Use it with --at ${name}.`);
    return EXIT.done;
  },
};

/** The address without `/api`. A key goes over an encrypted connection, or stays on this machine. */
function safeUrl(text: string | null, option: string): string {
  if (text === null || !URL.canParse(text)) throw new UsageError(`${option} takes an address`);
  const { protocol, hostname } = new URL(text);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  if (!isSafe) throw new UsageError(`${option} needs https, or a host of this machine`);
  return hostOf(text);
}

async function keyFor(asked: Asked, { env, askSecret, readInput }: Around): Promise<string> {
  const file = asked.text("key-file");
  if (file !== null) return trimmed(file === "-" ? await readInput() : readFileSync(file, "utf8"));
  const { LRQ_KEY: given } = env;
  if (given !== undefined) return trimmed(given);
  if (askSecret !== null) return trimmed(await askSecret("Key: "));
  throw new UsageError("nobody can be asked here: give --key-file FILE, or LRQ_KEY");
}

function trimmed(text: string): string {
  const key = text.trim();
  if (key === "" || /\s/.test(key)) throw new UsageError("the key is empty, or has a blank in it");
  return key;
}

async function byEntra(asked: Asked, around: Around): Promise<Place["signIn"]> {
  const [tenant, client, scope] = ["tenant", "client", "scope"].map((name) => asked.text(name));
  if (!tenant || !client || !scope) {
    throw new UsageError("--entra needs --tenant, --client and --scope");
  }
  const authority = safeUrl(asked.text("authority") ?? AUTHORITY, "--authority");
  const of = { authority, tenant, client, scope };
  return entraSignIn(of, await signInByDevice(of, around));
}

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settingsWith } from "../doctor/settings-file.ts";
import { UsageError } from "../lrq/command/stop.ts";
import type { ExitCode } from "../lrq/command/exit-codes.ts";
import { apply } from "./apply.ts";
import type { LibraryAsked, LibrarySurroundings } from "./asked.ts";
import type { PaceClock } from "./call-pace.ts";
import { list } from "./list.ts";
import { openLibrary, type TenantLibrary } from "./open-library.ts";
import { pacedLibrary } from "./paced-library.ts";
import { pin } from "./pin.ts";
import { pull } from "./pull.ts";
import { plan, status } from "./status.ts";

type Command = (asked: LibraryAsked, around: LibrarySurroundings) => Promise<ExitCode>;

const COMMANDS: Readonly<Record<string, Command>> = {
  pin: async (asked, { say }) => pin(asked, say),
  status: async (asked, around) => await status(asked, around, libraryOf(around)),
  plan: async (asked, around) => await plan(asked, around, libraryOf(around)),
  apply: async (asked, around) => await apply(asked, around, libraryOf(around)),
  list: async (asked, around) => await list(asked, around, libraryOf(around)),
  pull: async (asked, around) => await pull(asked, around, libraryOf(around)),
};

/** Runs one command about the library; gives the exit code. */
export async function library(
  what: string,
  asked: LibraryAsked,
  around: LibrarySurroundings,
): Promise<ExitCode> {
  const command = Object.hasOwn(COMMANDS, what) ? COMMANDS[what] : undefined;
  if (command === undefined) throw new UsageError(`there is no command: library ${what}`);
  if (asked.names.length > 0 && what !== "pull") {
    throw new UsageError(`library ${what} takes no names`);
  }
  return await command(asked, around);
}

/** This host's clock. */
const CLOCK: PaceClock = { nowMs: Date.now, sleep };

function libraryOf({ env, cwd }: LibrarySurroundings): TenantLibrary {
  const settings = settingsWith(join(cwd, "local.settings.json"), env);
  if (settings.kind === "wrong") throw new Error(settings.what);
  return pacedLibrary(openLibrary(settings.env, CLOCK.nowMs), CLOCK);
}

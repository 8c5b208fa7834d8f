import { randomUUID } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import { reportedName } from "../../../shared/evidence/reported-text.ts";
import { paintFor } from "../../colours.ts";
import { type Line, renderLine } from "../../columns.ts";
import type { Terminal } from "../../screen.ts";
import { safeJson } from "./safe-json.ts";

/** Where a command runs, as its caller gives it; what is left out is this process's own. */
export interface CommandSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Asks whoever sits there; left out if nobody does. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Asks for a secret, and does not show it; left out if nobody sits there. */
  readonly askSecret?: (question: string) => Promise<string>;
  /** Where the data goes, if that is a terminal. */
  readonly terminal?: Terminal;
  readonly coloured?: boolean;
  /** All that comes on stdin. */
  readonly readInput?: () => Promise<string>;
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly newId?: () => string;
}

/** What a command has around it. Nothing that it writes can steer a terminal. */
export interface Around {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line of data. */
  readonly say: (line: string) => void;
  /** Lines of data, painted, and cut to the terminal or to 80 columns. */
  readonly show: (lines: readonly Line[]) => void;
  /** The answer for programs, as one line. */
  readonly sayJson: (value: unknown) => void;
  /** A line that is no data: progress, and what to do next. */
  readonly note: (line: string) => void;
  readonly confirm: ((question: string) => Promise<boolean>) | null;
  readonly askSecret: ((question: string) => Promise<string>) | null;
  readonly terminal: Terminal | null;
  readonly coloured: boolean;
  readonly columns: number;
  readonly readInput: () => Promise<string>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly newId: () => string;
  /** As they were given, for commands that speak by themselves. */
  readonly given: CommandSurroundings;
}

const COLUMNS = 80;
/** Narrower than this no table can be read. */
const COLUMNS_LEAST = 40;
/** Longer lines are cut; what is wrong is said at the beginning. */
const LINE_CHARACTERS_MAX = 500;

export function aroundOf(given: CommandSurroundings): Around {
  const { env, terminal = null, coloured = false, confirm = null, askSecret = null } = given;
  const columns = Math.max(COLUMNS_LEAST, terminal?.columns || COLUMNS);
  const paint = paintFor(coloured);
  return {
    env,
    say: (line) => given.say(reportedName(line, LINE_CHARACTERS_MAX)),
    show: (lines) => {
      for (const line of lines) given.say(renderLine(harmless(line), columns, paint));
    },
    sayJson: (value) => given.say(safeJson(value)),
    note: (line) => given.complain(reportedName(line, LINE_CHARACTERS_MAX)),
    confirm,
    askSecret,
    terminal,
    coloured,
    columns,
    readInput: given.readInput ?? (() => Promise.resolve("")),
    nowMs: given.nowMs ?? Date.now,
    sleep: given.sleep ?? ((ms) => pass(ms)),
    newId: given.newId ?? randomUUID,
    given,
  };
}

/** The line without anything that a machine or a server sent to steer the terminal. */
export function harmless(line: Line): Line {
  return line.map(({ tone, text }) => ({ tone, text: reportedName(text, LINE_CHARACTERS_MAX) }));
}

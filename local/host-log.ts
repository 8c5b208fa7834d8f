import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Paint, Tone } from "./colours.ts";

/** The file that keeps every line of the host's log. */
export interface LogFile {
  readonly write: (line: string) => void;
  readonly close: () => void;
}

/** A log that fails once a second for days must not fill the disk; after this nothing is added. */
const FILE_BYTES_MAX = 50_000_000;

/** Begins the file anew. Throws if it cannot be made. */
export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  let isOpen = true;
  return {
    write: (line) => {
      if (isOpen && fstatSync(file).size < FILE_BYTES_MAX) writeSync(file, `${line}\n`);
    },
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** What the console shows of a line of the host's log; null for what is left to the log file. */
export type LogReader = (line: string) => string | null;

/** `2026-11-21T18:56:26.847Z information drainSequences message`, as the host writes it. */
const LINE = /^(\d{4}-\d{2}-\d{2}T(\d{2}:\d{2}:\d{2})\.\d{3}Z) (\w+) (\S+) (.*)$/;

/** Decisions that only say that everything goes on; they would be most of the log. */
const QUIET_EVENTS = new Set(["rang", "drained", "polled", "queueState"]);
/** What goes wrong again and again is told again after so long, with how often it was. */
const REPEAT_AFTER_MS = 60_000;
/** So many troubles, and states of sequences, are remembered; beyond that one may be told again. */
const REMEMBERED_MAX = 10_000;

/**
 * A reader that makes one compact line of each decision, and shows warnings and errors without
 * their stacks, the same one once a minute. It remembers what it has shown.
 */
export function createLogReader(paint: Paint): LogReader {
  const states = new Map<string, string>();
  const troubles = new Map<string, Trouble>();
  return (line) => {
    const [, at = "", time = "", level = "", source = "", message = ""] = LINE.exec(line) ?? [];
    if (at === "") return isContinuation(line) ? null : line;
    const tone = toneOf(level);
    const decision = decisionIn(message);
    const word = decision === null ? level : decision.event;
    const text = decision === null ? `${source} ${message.trimEnd()}` : wordsOf(decision);
    const shown = `${paint("faint", time)}  ${paint(tone, word.padEnd(11))}  ${text}`.trimEnd();
    if (tone === "plain") return isNews(states, decision) ? shown : null;
    const times = repeated(troubles, `${word} ${text}`, Date.parse(at));
    if (times === null) return null;
    return times < 2 ? shown : `${shown} (${times} times)`;
  };
}

interface Trouble {
  readonly shownAtMs: number;
  /** Since it was told. */
  readonly times: number;
}

/**
 * How often this trouble has come since it was last told, this time included; null if told lately.
 */
function repeated(troubles: Map<string, Trouble>, text: string, atMs: number): number | null {
  const before = troubles.get(text);
  const times = (before?.times ?? 0) + 1;
  if (before !== undefined && atMs < before.shownAtMs + REPEAT_AFTER_MS) {
    troubles.set(text, { shownAtMs: before.shownAtMs, times });
    return null;
  }
  if (troubles.size >= REMEMBERED_MAX) troubles.clear();
  troubles.set(text, { shownAtMs: atMs, times: 0 });
  return times;
}

/** Stacks, and what the host says of its functions when it starts and of itself when it stops. */
function isContinuation(line: string): boolean {
  return /^\s|^\W*$|^function \S+ \{|^the Functions host stops/.test(line);
}

function toneOf(level: string): Tone {
  switch (level) {
    case "warning":
      return "waiting";
    case "error":
    case "critical":
      return "bad";
    default:
      return "plain";
  }
}

type Decision = { readonly event: string } & Readonly<Record<string, unknown>>;

function decisionIn(message: string): Decision | null {
  if (!message.startsWith('{"event":')) return null;
  try {
    const read: unknown = JSON.parse(message);
    if (typeof read !== "object" || read === null || !("event" in read)) return null;
    return typeof read.event === "string" ? { ...read, event: read.event } : null;
  } catch {
    return null;
  }
}

/**
 * A decision worth a line; not a sequence that moved within its state, for its commands only went
 * on.
 */
function isNews(states: Map<string, string>, decision: Decision | null): boolean {
  if (decision === null || QUIET_EVENTS.has(decision.event)) return false;
  const { event, sequenceId, state } = decision;
  if (event !== "moved" || typeof sequenceId !== "string" || typeof state !== "string") return true;
  if (states.get(sequenceId) === state) return false;
  if (states.size >= REMEMBERED_MAX) states.clear();
  states.set(sequenceId, state);
  return true;
}

function wordsOf(decision: Decision): string {
  return Object.entries(decision)
    .filter(([name, value]) => name !== "event" && value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

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
const LINE = /^\d{4}-\d{2}-\d{2}T(\d{2}:\d{2}:\d{2})\.\d{3}Z (\w+) (\S+) (.*)$/;

/** Decisions that only say that everything goes on; they would be most of the log. */
const QUIET_EVENTS = new Set(["rang", "drained"]);
/** Sequences whose last told state is remembered; beyond that a repetition is shown again. */
const REMEMBERED_MAX = 10_000;

/**
 * A reader that makes one compact line of each decision, shows warnings and errors without their
 * stacks, and says once what is repeated. It remembers what it has shown.
 */
export function createLogReader(paint: Paint): LogReader {
  const states = new Map<string, string>();
  let lastTrouble = "";
  return (line) => {
    const [, at, level, source, message] = LINE.exec(line) ?? [];
    if (at === undefined || level === undefined || source === undefined || message === undefined) {
      return isContinuation(line) ? null : line;
    }
    const tone = toneOf(level);
    const decision = decisionIn(message);
    if (decision === null) {
      if (tone === "plain") return null;
      const trouble = `${source} ${message}`;
      if (trouble === lastTrouble) return null;
      lastTrouble = trouble;
      return `${paint("faint", at)}  ${paint(tone, level.padEnd(11))}  ${trouble}`;
    }
    const { event, ...fields } = decision;
    if (tone === "plain" && (QUIET_EVENTS.has(event) || isRepeated(states, decision))) return null;
    return `${paint("faint", at)}  ${paint(tone, event.padEnd(11))}  ${told(fields)}`.trimEnd();
  };
}

/** Stacks, and what the host says of its functions when it starts. */
function isContinuation(line: string): boolean {
  return /^\s|^function \S+ \{|^$/.test(line);
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

/** A sequence that moved within its state: its commands went on. */
function isRepeated(states: Map<string, string>, { event, sequenceId, state }: Decision): boolean {
  if (event !== "moved" || typeof sequenceId !== "string" || typeof state !== "string")
    return false;
  if (states.get(sequenceId) === state) return true;
  if (states.size >= REMEMBERED_MAX) states.clear();
  states.set(sequenceId, state);
  return false;
}

function told(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

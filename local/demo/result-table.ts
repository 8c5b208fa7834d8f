import { reportedName } from "../../shared/evidence/reported-text.ts";
import { columnsOf, fit, type Line } from "../columns.ts";
import type { Tone } from "../colours.ts";
import type { CastMember } from "./cast.ts";
import { nameOf } from "./frame.ts";
import { commandName } from "../progress.ts";
import type { CommandAnswer, RunAnswer } from "../run-answer.ts";
import type { SavedFile } from "./save-evidence.ts";

const GAP = "  ";
/** A hash stands under its file, behind the same margin. */
const MARGIN = 10;
/** Most characters shown of what Defender reports of an error. */
const REPORTED_CHARS = 100;

interface Row {
  readonly machine: string;
  readonly command: string;
  readonly outcome: string;
  readonly tone: Tone;
  readonly size: string;
  readonly file: string;
  /** What stands below the row: the hash of the file, or what went wrong. */
  readonly below: string;
}

const HEADING: Row = {
  machine: "Machine",
  command: "Command",
  outcome: "Outcome",
  tone: "strong",
  size: "Size",
  file: "File",
  below: "",
};

type Widths = Readonly<Record<"machine" | "command" | "outcome" | "size", number>>;

/** What the table is made from. */
export interface TableSource {
  readonly runs: readonly RunAnswer[];
  readonly files: readonly SavedFile[];
  readonly members: readonly CastMember[];
}

/**
 * Every command of every machine, and what came of it; below a stored result its whole SHA-256. In
 * fewer `columns` than the rows need, files stand below their rows as well. A hash is never cut.
 */
export function resultTable(source: TableSource, columns: number): Line[] {
  const rows = rowsOf(source);
  const texts = [HEADING, ...rows];
  const widths: Widths = {
    machine: Math.max(MARGIN - GAP.length, widest(texts.map((row) => row.machine))),
    command: widest(texts.map((row) => row.command)),
    outcome: widest(texts.map((row) => row.outcome)),
    size: widest(texts.map((row) => row.size)),
  };
  const beforeFile = Object.values(widths).reduce((sum, width) => sum + width + GAP.length, 0);
  const isWide = columns >= beforeFile + widest(texts.map((row) => row.file));
  return texts.flatMap((row) => {
    const file = isWide || row === HEADING ? "" : row.file;
    const below = [file, row.below].filter((text) => text !== "");
    return [cells(row, widths, isWide)].concat(below.map((text) => lineBelow(row, text)));
  });
}

function rowsOf({ runs, files, members }: TableSource): Row[] {
  return runs.flatMap(({ sequences }) =>
    sequences.flatMap((sequence) =>
      sequence.commands.map((command, at) => {
        const file = files.find(
          (each) => each.sequenceId === sequence.sequenceId && each.index === command.index,
        );
        return rowOf(at === 0 ? nameOf(sequence, members) : "", command, file ?? null);
      }),
    ),
  );
}

/** A number of bytes as people read it, in decimal units. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function rowOf(machine: string, command: CommandAnswer, file: SavedFile | null): Row {
  return {
    machine,
    command: commandName(command),
    ...outcomeOf(command),
    size: file === null ? "" : sizeText(file.size),
    file: file?.path ?? "",
    below: file?.sha256 ?? reportedName(command.errors.join("; "), REPORTED_CHARS),
  };
}

function outcomeOf({ status, startedAt, result }: CommandAnswer): { outcome: string; tone: Tone } {
  if (status === "Created" && startedAt === null) return { outcome: "not run", tone: "waiting" };
  if (status !== "Completed") return { outcome: status.toLowerCase(), tone: "bad" };
  const exitCode = result?.exitCode ?? null;
  if (exitCode === null) return { outcome: "completed", tone: "good" };
  return { outcome: `exit code ${exitCode}`, tone: exitCode === 0 ? "good" : "bad" };
}

function cells(
  { machine, command, outcome, tone, size, file }: Row,
  widths: Widths,
  withFile: boolean,
): Line {
  // The heading is strong throughout; in the rows only the machine is.
  const plain = tone === "strong" ? "strong" : "plain";
  return [
    { tone: "strong", text: `${fit(machine, widths.machine)}${GAP}` },
    { tone: plain, text: `${fit(command, widths.command)}${GAP}` },
    { tone, text: `${fit(outcome, widths.outcome)}${GAP}` },
    { tone: plain, text: `${fit(size, widths.size, "end")}${GAP}` },
    { tone: plain, text: withFile ? file : "" },
  ];
}

function lineBelow({ tone }: Row, text: string): Line {
  const shown = tone === "bad" ? "bad" : "faint";
  return [{ tone: shown, text: `${" ".repeat(MARGIN)}${text}` }];
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(columnsOf));
}

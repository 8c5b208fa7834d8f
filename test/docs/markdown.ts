import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository, with a slash at its end. */
export const ROOT = new URL("../../", import.meta.url);

/** The text of a page, by its path from the root. */
export function page(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** Every page we wrote, by its path from the root. */
export function pages(): string[] {
  const below = (folder: string) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" }).map((name) =>
      join(folder, name),
    );
  const all = [...readdirSync(ROOT), ...["docs", "infra", "local", "profiles"].flatMap(below)];
  return all.filter((path) => path.endsWith(".md"));
}

/** The lines of a page that can be wrapped: no table, no block of code, no picture. */
export function proseIn(markdown: string): string[] {
  return withoutBlocks(markdown)
    .split("\n")
    .filter((line) => !/^(?:\||<img )/.test(line));
}

/** A fenced block: the word behind its fence, and its lines. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

export function blocksIn(markdown: string): Block[] {
  const found = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...found].map(([, language = "", text = ""]) => ({ language, text }));
}

/**
 * The text below the heading `title`, up to the next heading of its level or above; throws without
 * it.
 */
export function section(markdown: string, title: string): string {
  const lines = withoutBlocks(markdown).split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === title);
  const level = /^#+/.exec(lines[start] ?? "")?.[0].length;
  if (level === undefined) throw new Error(`no heading "${title}"`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 99) <= level);
  return rest.slice(0, end < 0 ? rest.length : end).join("\n");
}

/** The rows of the first table in a text, without its head; cells as they stand, trimmed. */
export function tableIn(text: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^\|[-| :]+\|$/.test(line));
  if (start < 0) throw new Error("no table");
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? rest.length : end).map(cells);
}

/** What stands between the first pair of backticks, or the text itself. */
export function unquoted(cell: string): string {
  return /`([^`]*)`/.exec(cell)?.[1] ?? cell;
}

/** Where the links and pictures of a page lead. */
export function linksIn(markdown: string): string[] {
  const found = withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g);
  return [...found].map(([, target, quoted]) => target ?? quoted ?? "");
}

/** The anchors a page offers, as GitHub makes them of its headings. */
export function anchorsIn(markdown: string): string[] {
  const headings = withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Fenced blocks emptied, for a line in them is no heading and no link. */
function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, "");
}

function cells(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

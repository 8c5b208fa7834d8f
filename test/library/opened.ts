import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { unzipped } from "./zip.ts";

/** The files in an archive of a Windows script, after each was compared with SHA256SUMS. */
export function openedZip(archive: string): ReadonlyMap<string, string> {
  const files = unzipped(readFileSync(archive));
  const sums = [...files]
    .filter(([name]) => name !== "SHA256SUMS")
    .map(([name, bytes]) => `${digest(bytes)}  ${name}`);
  expect(files.get("SHA256SUMS")?.toString().trimEnd().split("\n")).toEqual(sums);
  return new Map([...files].map(([name, bytes]) => [name, bytes.toString("utf8")]));
}

export function digest(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The objects of a file that has one on each line. */
export function rowsOf(text: string | undefined): readonly unknown[] {
  const lines = (text ?? "").split("\n").filter((line) => line !== "");
  return lines.map((line): unknown => JSON.parse(line));
}

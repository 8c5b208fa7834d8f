import { readdirSync } from "node:fs";
import { page, ROOT, section, tableIn } from "./markdown.ts";

/** The two apps of infra/README.md by name: the functions that each disables. */
export const DISABLED: ReadonlyMap<string, readonly string[]> = new Map(
  tableIn(section(page("infra/README.md"), "Two apps")).map(([app = "", , names = ""]) => [
    app,
    names.match(/(?<=`)\w+(?=`)/g) ?? [],
  ]),
);

/** The names of all functions that the code registers, in order. */
export function registeredFunctions(): string[] {
  const source = readdirSync(new URL("functions", ROOT)).map((file) => page(`functions/${file}`));
  const registered = source.join("\n").matchAll(/^app\.(?:http|timer|storageQueue)\("(\w+)"/gm);
  return [...registered].map(([, name = ""]) => name).toSorted();
}

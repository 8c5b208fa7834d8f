// @ts-check
// The queries for Microsoft Sentinel and for the alarms, and what their tables look like.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FUNCTION = "LrqEvents";

/**
 * The columns that the queries may read, as the reference of Azure Monitor has them. Both tables
 * have more.
 */
export const TABLES = {
  AppTraces: "(TimeGenerated: datetime, Message: string, SeverityLevel: int, Properties: dynamic)",
  StorageBlobLogs:
    "(TimeGenerated: datetime, AccountName: string, Category: string, OperationName: string, " +
    "StatusCode: string, Uri: string, AuthenticationType: string, CallerIpAddress: string, " +
    "RequesterObjectId: string, RequesterUpn: string)",
};

/**
 * Every query below `folder`, the folder `infra`: of the function, the rules, the hunting queries,
 * and the workbook, by a name for people.
 *
 * @param {string} folder
 * @returns {{ name: string, text: string }[]}
 */
export function queriesIn(folder) {
  const content = join(folder, "sentinel", "Content");
  const files = readdirSync(content, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".kql"))
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();
  const queries = files.map((name) => ({ name, text: readFileSync(join(content, name), "utf8") }));
  const workbook = JSON.parse(readFileSync(join(content, "workbook.json"), "utf8"));
  for (const { name, content: item } of workbook.items) {
    if (typeof item.query === "string")
      queries.push({ name: `workbook: ${name}`, text: item.query });
  }
  return queries;
}

/**
 * The query of every alarm below `folder`, the folder `infra`, by the name of the alarm.
 *
 * @param {string} folder
 * @returns {{ name: string, text: string }[]}
 */
export function alarmsIn(folder) {
  const alarms = join(folder, "alarms");
  return readdirSync(alarms)
    .filter((file) => file.endsWith(".kql"))
    .toSorted()
    .map((file) => {
      return { name: file.replace(/\.kql$/, ""), text: readFileSync(join(alarms, file), "utf8") };
    });
}

/**
 * A query with the function in front of it, as the language service can read it: it does not know
 * that a query may name another workspace.
 *
 * @param {{ name: string, text: string }} query
 * @param {readonly { name: string, text: string }[]} queries
 */
export function complete({ name, text }, queries) {
  const body = queries.find((each) => each.name === `${FUNCTION}.kql`)?.text ?? "";
  const own = name === `${FUNCTION}.kql` ? text : `let ${FUNCTION} = () {\n${body}};\n${text}`;
  return own.replaceAll(/workspace\("[^"]*"\)\./g, "");
}

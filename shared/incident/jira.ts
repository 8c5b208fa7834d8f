import { field, fieldsOf, listField, textField } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { mentionOf, wordsIn, type Mentioned } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/**
 * The events that show the present state of an issue. An automation rule sends no event, only the
 * issue.
 */
const EVENTS = new Set(["jira:issue_created", "jira:issue_updated"]);

/**
 * A Jira issue: the body of a webhook, an automation rule's `{issue}`, or the issue alone. Machine
 * ids come from custom fields and labels that hold only ids, and from lines of the description that
 * begin like `Machine ids: ...` and have one; other text is never searched. For other events, deleted issues and
 * done issues there is nothing to do.
 */
export function parseJira(json: unknown): ParsedIncident {
  const event = textField(json, "webhookEvent");
  if (event !== null && !EVENTS.has(event)) {
    return nothingToDo("lrq acts only on created and updated issues.");
  }
  const issue = fieldsOf(field(json, "issue")) ?? fieldsOf(json);
  const fields = fieldsOf(field(issue, "fields"));
  if (issue === null || fields === null) {
    const message = "Send a Jira issue with its fields, as a webhook or an automation rule does.";
    return invalid([{ path: "issue.fields", message }]);
  }
  if (textField(field(field(fields, "status"), "statusCategory"), "key") === "done") {
    return nothingToDo("The Jira issue is done.");
  }
  const key = textField(issue, "key");
  const summary = textField(fields, "summary");
  return incidentFrom({
    source: "jira",
    incidentId: textField(issue, "id") ?? key,
    idPath: "issue.id",
    title: [key, summary].filter((part) => part !== null).join(": "),
    severity: severityOf("jira", textField(field(fields, "priority"), "name")),
    url: browseUrl(textField(issue, "self"), key),
    machines: machinesOf(fields),
    machinesPath:
      "a custom field or label holding only Defender machine ids (40 hex digits each), or a line " +
      "of the description that begins with 'Machine ids:'",
    asks: null,
  });
}

/**
 * A machine id with a few digits too many or too few; much shorter and longer ones are other
 * hashes.
 */
const NEARLY_ID = /^[0-9a-f]{36,44}$/i;
/** A line of a description that names what it holds. */
const LABELLED = /^(?:(?:defender|mde|mdatp)\s*)?(?:machine|device)[ _-]?ids?\s*[:=](.*)$/i;

function machinesOf(fields: Fields): Mentioned[] {
  const customFields = Object.entries(fields)
    .filter(([name]) => name.startsWith("customfield_"))
    .flatMap(([, value]) => [value].flat());
  const texts = [...customFields, ...listField(fields, "labels")].map(textIn);
  const lines = textIn(field(fields, "description")).split("\n");
  const labelled = lines.map((line) => LABELLED.exec(line.trim())?.[1] ?? "");
  return [...texts.flatMap(onlyIds), ...labelled.flatMap(eachWord)];
}

/**
 * What stands in a line that says that it has machine ids. If one of its words is one, every word
 * was meant as one, and those that are none are skipped with the reason. Else it is only text.
 */
function eachWord(line: string): Mentioned[] {
  const words = wordsIn(line);
  return words.some((word) => NEARLY_ID.test(word)) ? words.map(mentioned) : [];
}

function mentioned(word: string): Mentioned {
  return mentionOf({ machineId: word, names: [], systems: [] });
}

/**
 * The ids in a text that holds nothing else. In other text 40 hex digits are more likely a file's
 * SHA-1.
 */
function onlyIds(text: string): Mentioned[] {
  const words = wordsIn(text);
  if (!words.every((word) => NEARLY_ID.test(word))) return [];
  return words.map(mentioned);
}

/** The text of a field, which may be a tree in Atlassian's document format (ADF). */
function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (fieldsOf(value) === null || field(value, "type") === undefined) return "";
  if (field(value, "type") === "hardBreak") return "\n";
  const text = field(value, "text");
  if (typeof text === "string") return text;
  const inner = listField(value, "content").map(textIn).join("");
  return INLINE.has(textField(value, "type") ?? "") ? inner : `${inner}\n`;
}

/** Nodes that are parts of a line; every other node with text is a separate block. */
const INLINE = new Set(["text", "mention", "emoji", "inlineCard", "date", "status"]);

/**
 * Where people read the issue: on the host of the REST address, unless that is Atlassian's shared
 * gateway.
 */
function browseUrl(self: string | null, key: string | null): string | null {
  if (self === null || key === null || !URL.canParse(self)) return null;
  const { protocol, origin, pathname } = new URL(self);
  const at = pathname.indexOf("/rest/api/");
  if (at < 0 || protocol !== "https:" || origin === GATEWAY) return null;
  return `${origin}${pathname.slice(0, at)}/browse/${encodeURIComponent(key)}`;
}

const GATEWAY = "https://api.atlassian.com";

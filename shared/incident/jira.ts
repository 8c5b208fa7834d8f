import { textIn } from "./document.ts";
import { field, fieldsOf, listField, textField } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { bareWords, isNearlyId, labelledWords } from "./labelled-words.ts";
import { mentionOf, noId, type Mentioned } from "./machine-mention.ts";
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
 * ids come from labels that are ids, from custom fields that are lists of them, and from what
 * follows `Machine ids:` in the description. Other text of the description is never searched. For
 * other events, deleted issues and done issues there is nothing to do.
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
      "a label that is a Defender machine id (40 hex digits), a custom field that lists them, or " +
      "the description after 'Machine ids:'",
    asks: null,
  });
}

/** Words by which a field says that it has hashes of files. */
const HASH_WORD = /^(?:sha-?\d*|md5|hash|hashes|file|files|ioc|iocs)$/i;

/** What the names of computers have and the words of a sentence do not; or all are capitals. */
const COMPUTER_NAME = /^(?=.*\p{L})(?:.*[\p{N}_$\\-].*|[\p{Lu}]{2,})$/u;
/** A name with such an end is that of a file, and what follows it is its hash. */
const FILE_NAME =
  /\.(?:exe|dll|sys|ps1|bat|cmd|vbs|js|hta|jar|msi|lnk|scr|docx?|xlsx?|pdf|zip|iso)$/i;

/** Most words of an item that begins with an id and is no sentence. Our own bound. */
const MAX_ITEM_WORDS = 8;

function machinesOf(fields: Fields): Mentioned[] {
  const customFields = Object.entries(fields).filter(([name]) => name.startsWith("customfield_"));
  const labels = listField(fields, "labels").map(textIn);
  return [
    ...customFields.flatMap(([, value]) => inCustomField([value].flat().map(textIn))),
    ...labels.filter((label) => bareWords(label).every(isNearlyId)).flatMap(eachWord),
    ...labelledWords(textIn(field(fields, "description"))).map(mentioned),
  ];
}

/**
 * The ids of a field that is a list of them. Then its other words were meant as machines, too, and
 * are skipped with the reason. In other text 40 hex digits are more likely a file's SHA-1.
 */
function inCustomField(parts: readonly string[]): Mentioned[] {
  const labelled = parts.flatMap(labelledWords);
  if (labelled.length > 0) return labelled.map(mentioned);
  const lists = parts.filter(isList);
  if (lists.some((part) => bareWords(part).some(isNearlyId))) {
    return parts.flatMap((part) => (isList(part) ? eachWord(part) : [whole(part)]));
  }
  return [];
}

/**
 * Single words with commas or lines between them; something may follow an id, and the name of its
 * computer may stand before it.
 */
function isList(text: string): boolean {
  return text
    .split(/[,;|\r\n]/)
    .map(bareWords)
    .every(isItem);
}

function isItem(words: readonly string[]): boolean {
  if (words.some((word) => HASH_WORD.test(word))) return false;
  const [first = "", second = ""] = words;
  if (words.length <= 1 || words.every(isNearlyId)) return true;
  const begins = isNearlyId(first) || (isComputerName(first) && isNearlyId(second));
  return begins && words.length <= MAX_ITEM_WORDS;
}

function isComputerName(word: string): boolean {
  return COMPUTER_NAME.test(word) && !FILE_NAME.test(word);
}

function eachWord(text: string): Mentioned[] {
  return bareWords(text).map(mentioned);
}

function mentioned(word: string): Mentioned {
  return mentionOf({ machineId: word, names: [], systems: [] });
}

function whole(part: string): Mentioned {
  return { said: part, reason: noId(part) };
}

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

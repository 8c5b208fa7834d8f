import { field, fieldsOf, listField, textField } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { machineIdsIn, mentionOf } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { severityOf } from "./severity.ts";

/**
 * The events that tell of an issue as it is now; an automation rule sends none of them, only the
 * issue.
 */
const EVENTS = new Set(["jira:issue_created", "jira:issue_updated"]);

/**
 * A Jira issue: a webhook's body, an automation rule's `{issue}`, or the issue alone. Machine ids
 * come from custom fields and labels that hold nothing but ids; names are never guessed from prose.
 * Other events, deleted issues and done ones are nothing to do.
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
    machines: idsOf(fields).map((machineId) =>
      mentionOf({ machineId, names: [], operatingSystem: null }),
    ),
    machinesPath: "a custom field or label holding only Defender machine ids (40 hex digits each)",
    asks: null,
  });
}

function idsOf(fields: Fields): string[] {
  const customFields = Object.entries(fields)
    .filter(([name]) => name.startsWith("customfield_"))
    .flatMap(([, value]) => [value].flat());
  return [...customFields, ...listField(fields, "labels")].flatMap((text) =>
    typeof text === "string" ? onlyIds(text) : [],
  );
}

/**
 * The ids of a text that holds nothing else: in prose 40 hex digits are more likely a file's SHA-1.
 */
function onlyIds(text: string): string[] {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  const ids = machineIdsIn(text);
  return ids.length === words.length ? ids : [];
}

/**
 * Where people read the issue: next to the REST address, unless that is Atlassian's shared gateway.
 */
function browseUrl(self: string | null, key: string | null): string | null {
  const site = self?.match(/^(https:\/\/[^?#]+?)\/rest\/api\//)?.[1];
  if (site === undefined || key === null || site.startsWith("https://api.atlassian.com/")) {
    return null;
  }
  return `${site}/browse/${encodeURIComponent(key)}`;
}

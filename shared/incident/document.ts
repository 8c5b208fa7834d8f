import { field, fieldsOf, listField, textField } from "./fields.ts";

/**
 * The text of a field of Jira: a text, the chosen option of a list, or a tree in Atlassian's
 * document format. Each block is a line. Items of lists and rows of tables look as in Jira's wiki
 * text (`* item`, `||head||`, `|cell|`).
 */
export function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (fieldsOf(value) === null) return "";
  const type = textField(value, "type");
  if (type === null) return optionIn(value);
  if (type === "hardBreak") return "\n";
  const text = field(value, "text");
  if (typeof text === "string") return text;
  const content = listField(value, "content");
  if (type === "tableRow") return `${content.map(cellIn).join("")}|\n`;
  const inner = content.map(textIn).join("");
  if (type === "listItem") return `* ${inner.trim()}\n`;
  return INLINE.has(type) ? inner : `${inner}\n`;
}

/** Nodes that are parts of a line; every other node with text is a separate block. */
const INLINE = new Set(["text", "mention", "emoji", "inlineCard", "date", "status"]);

/** An option may have a second one below it. */
function optionIn(option: unknown): string {
  const child = field(option, "child");
  return [textField(option, "value", "name") ?? "", textIn(child)].join("\n").trim();
}

function cellIn(cell: unknown): string {
  const bar = textField(cell, "type") === "tableHeader" ? "||" : "|";
  return bar + textIn(cell).split("\n").join(" ").trim();
}

import { describe, expect, it } from "vitest";
import { evaluate, ExpressionError, type Scope } from "./expression.ts";

const SCOPE: Scope = {
  triggerBody: { object: { id: "/an/incident", list: [1, 2] }, "it's": "quoted" },
  parameters: { $connections: { sentinel: { id: "c-1" } }, Url: "https://lrq.example" },
  runName: "0858",
  outputs: (action) => (action === "Send" ? { statusCode: 422, body: "no" } : null),
};

describe("an expression", () => {
  it.each([
    ["@triggerBody()?['object']?['id']", "/an/incident"],
    ["@triggerBody()['it''s']", "quoted"],
    ["@triggerBody()?['nothing']?['below']", null],
    ["@parameters('$connections')['sentinel']['id']", "c-1"],
    ["@null", null],
    ["@outputs('Send')?['statusCode']", 422],
    ["@length(triggerBody()['object']['list'])", 2],
    [
      "@{parameters('Url')}/api?name=@{encodeURIComponent('a b')}",
      "https://lrq.example/api?name=a%20b",
    ],
    ["@{take(string(triggerBody()['object']), 5)}", '{"id"'],
    ["key of @{workflow()['run']['name']}", "key of 0858"],
    ["is nothing: @{body('Other')}", "is nothing: "],
    ["@@not one", "@not one"],
    ["mail@contoso.example", "mail@contoso.example"],
  ])("%s is %j", (text, value) => {
    expect(evaluate(text, SCOPE)).toEqual(value);
  });

  it("is evaluated wherever it stands", () => {
    expect(evaluate({ a: ["@{body('Send')}", 7, null] }, SCOPE)).toEqual({ a: ["no", 7, null] });
  });

  it.each([
    "@variables('x')",
    "@triggerBody().object",
    "@triggerBody()['nothing']",
    "@body('Send')?['title']",
    "@length(null)",
    "@parameters('Unknown')",
    "@take('a' 1)",
    "@null and more",
    "text @{null",
  ])("%s is refused", (text) => {
    expect(() => evaluate(text, SCOPE)).toThrow(ExpressionError);
  });
});

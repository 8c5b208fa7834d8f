import { describe, expect, it } from "vitest";
import { checkAnswer } from "../stories/check-answer.ts";

const as = (type: string, status: number, body: unknown) => ({
  status,
  headers: new Headers({ "content-type": type }),
  body,
});
const JSON_TYPE = "application/json";

describe("the check of every answer of a story", () => {
  it("takes what has the form in the document, and what the host answers by itself", () => {
    const fits = as(JSON_TYPE, 200, { status: "ok" });
    expect(() => {
      checkAnswer("GET", "health", fits);
      checkAnswer("GET", "health?caller=x", fits);
      checkAnswer("GET", "no/such/path", as(JSON_TYPE, 200, {}));
      checkAnswer("GET", "queue", as("text/plain", 404, ""));
    }).not.toThrow();
  });

  it.each([
    ["a member that is new", "health", as(JSON_TYPE, 200, { status: "ok", more: 1 })],
    ["a member that is lost", "health", as(JSON_TYPE, 200, {})],
    ["a status that is not in the document", "health", as(JSON_TYPE, 201, { status: "ok" })],
    ["a problem without a detail", "queue", as("application/problem+json", 400, { title: "t" })],
  ])("throws for %s", (_, path, answer) => {
    expect(() => {
      checkAnswer("GET", path, answer);
    }).toThrow(`GET ${path} answers`);
  });
});

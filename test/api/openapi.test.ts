import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../shared/api/openapi.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { page } from "../docs/markdown.ts";

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const operationSchema = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
  responses: z.record(z.string(), z.looseObject({})),
});
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

describe("the OpenAPI document", () => {
  it("is one by OpenAPI's own schema", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(Object(asJson(openApiDocument())));
    expect([errors, valid]).toEqual([undefined, true]);
    expect(validator.version).toBe("3.1");
  });

  it("is the one in docs; npm run openapi:write writes that", () => {
    const published: unknown = JSON.parse(page("docs/openapi.json"));
    expect(published).toEqual(asJson(openApiDocument()));
  });

  it("names each operation once, with every parameter of its path, and what it answers", () => {
    const { paths } = documentSchema.parse(asJson(openApiDocument()));
    const all = Object.entries(paths).flatMap(([path, operations]) =>
      Object.values(operations).map((operation) => ({ path, operation })),
    );
    expect(all).toHaveLength(ROUTES.length);
    expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
    for (const { path, operation } of all) {
      const { parameters, responses } = operation;
      const inPath = parameters.filter((each) => each.in === "path").map(({ name }) => name);
      expect([path, inPath]).toEqual([path, path.match(/(?<={)\w+(?=})/g) ?? []]);
      expect(Object.keys(responses)).toContain("default");
      expect(Object.keys(responses).length).toBeGreaterThan(1);
    }
  });
});

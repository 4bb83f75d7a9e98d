import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { aBlueprint } from "../support.ts";

const ask = (more: JsonObject = {}) => aBlueprint([{ id: "a", type: "ai", prompt: "Why?", ...more }]);
const pathsOf = (document: JsonObject, known: { model?: string | null }) => {
  const checked = checkBlueprint(document, { handlers: [], ...known });
  return checked.ok ? [] : checked.error.map(({ path, fix }) => `${path} ${fix}`);
};

describe("an ai step", () => {
  it("is a fault where there is no model, with what the operator has to do", () => {
    expect(pathsOf(ask(), {})).toEqual([expect.stringMatching(/^blueprint\.steps\[0\]\.type .*AI_BASE_URL/)]);
  });

  it("must name a model where the server prefers none", () => {
    expect(pathsOf(ask(), { model: null })).toEqual([
      expect.stringMatching(/^blueprint\.steps\[0\]\.model .*AI_MODEL/),
    ]);
    expect(pathsOf(ask({ model: "m" }), { model: null })).toEqual([]);
    expect(pathsOf(ask(), { model: "m" })).toEqual([]);
  });

  it.each<[string, JsonObject, string]>([
    ["a schema that is none", { schema: { type: "thing" } }, "schema.type"],
    [
      "a schema with a pattern",
      { schema: { type: "object", properties: { a: { pattern: "x" } } } },
      "schema.properties.a",
    ],
    ["no prompt", { prompt: "" }, "prompt"],
    ["a secret", { prompt: { secret: "TOKEN" } }, "prompt"],
    ["a step that does not come before", { prompt: "{% $steps.none %}" }, "prompt"],
    ["no tokens", { max_tokens: 0 }, "max_tokens"],
  ])("with %s is a fault there", (_, more, at) => {
    const found = pathsOf(ask(more), { model: "m" });
    expect(found.length).toBeGreaterThan(0);
    for (const fault of found) expect(fault).toContain(`blueprint.steps[0].${at}`);
  });

  it("has an output that is known", () => {
    const document = aBlueprint([
      { id: "a", type: "ai", prompt: "x" },
      { id: "b", type: "transform", value: "{% $steps.a.answer %}" },
    ]);
    expect(pathsOf(document, { model: "m" })).toEqual([expect.stringContaining("$steps.a.value.answer")]);
  });
});

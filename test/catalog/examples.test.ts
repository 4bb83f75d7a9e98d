/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import { checkInput } from "../blueprint/support.ts";

const Submission = z.looseObject({
  blueprint: z.union([z.string(), z.record(z.string(), z.json())]),
  input: z.record(z.string(), z.json()),
});

const FILES = import.meta.glob("../../examples/*.json", { eager: true, import: "default" });
const EXAMPLES = Object.entries(FILES).map(([path, content]): [string, z.infer<typeof Submission>] => [
  path.split("/").at(-1) ?? path,
  Submission.parse(content),
]);

function planOf(blueprint: z.infer<typeof Submission>["blueprint"]) {
  if (typeof blueprint === "string") return CATALOG.blueprints.find(({ name }) => name === blueprint)?.plan;
  const checked = checkBlueprint(blueprint, { handlers: Object.keys(CATALOG.handlers) });
  expect(checked).toMatchObject({ ok: true });
  return checked.ok ? checked.value : undefined;
}

describe("the examples", () => {
  it.each(EXAMPLES)("%s would be accepted", (_file, { blueprint, input }) => {
    const plan = planOf(blueprint);
    expect(plan && checkInput(plan, input)).toEqual([]);
  });

  it("show every blueprint of the catalogue, and two written inline", () => {
    const shown = EXAMPLES.map(([, { blueprint }]) => (typeof blueprint === "string" ? blueprint : "inline")).sort();
    const names = new Set(CATALOG.blueprints.map(({ name }) => name));
    expect(shown).toEqual([...names, "inline", "inline"].sort());
  });
});

import { z } from "zod";
import { err, ok } from "../../jobs/result.ts";
import { MAX_TEXT_RESULT_BYTES } from "../../limits.ts";
import { findBlueprint } from "../catalog.ts";
import { call, clip, faultText } from "../text.ts";
import { defineTool } from "../tool.ts";

export const blueprintsGet = defineTool({
  name: "blueprints_get",
  title: "Get a blueprint",
  description:
    "One blueprint in full: its input as JSON Schema and its steps, which are also a model for an inline blueprint. Next: jobs_submit_blueprint.",
  input: z.strictObject({
    name: z.string().min(1).max(200).describe("Name of a blueprint, from blueprints_list."),
    version: z.int().min(1).optional().describe("Version; the latest when left out."),
  }),
  output: z.looseObject({ name: z.string(), version: z.int(), blueprint: z.looseObject({}) }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const reference = args.version === undefined ? args.name : `${args.name}@${args.version}`;
    const found = findBlueprint(deps.blueprints, reference);
    if (!found.ok) return err(faultText("No such blueprint.", [{ ...found.error, path: "name" }]));
    const { name, version, description, document, plan } = found.value;
    const text = [
      `Blueprint ${name}@${version}: ${description}`,
      `Input schema: ${clip(JSON.stringify(plan.input ?? { type: "object" }), MAX_TEXT_RESULT_BYTES)}`,
      `Steps: ${plan.steps.map(({ id, type }) => `${id} (${type})`).join(", ")}.`,
      `Next: ${call("jobs_submit_blueprint", { blueprint: `${name}@${version}`, input: {} })} with your input.`,
    ];
    return ok({ structured: { name, version, blueprint: document, source: "catalog" }, text: text.join("\n") });
  },
});

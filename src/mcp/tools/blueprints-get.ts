import { z } from "zod";
import { labelOf } from "../../catalog/find.ts";
import { err, ok } from "../../jobs/result.ts";
import { MAX_INLINE_RESULT_BYTES, MAX_QUOTED_BYTES, MAX_REFERENCE_CHARS, MAX_TEXT_RESULT_BYTES } from "../../limits.ts";
import { findBlueprint, type NamedBlueprint } from "../catalog.ts";
import { bytesOf } from "../fit.ts";
import { call, clip, echo, faultText, shownJson } from "../text.ts";
import { defineTool, type Reply } from "../tool.ts";

/** The document, or a preview of one that is too large for a reply. */
function shown(document: NamedBlueprint["document"]) {
  const total_bytes = bytesOf(document);
  if (total_bytes <= 2 * MAX_INLINE_RESULT_BYTES) return document;
  return { truncated: true, total_bytes, preview: clip(shownJson(document), MAX_QUOTED_BYTES) };
}

function reply(found: NamedBlueprint): Reply {
  const { name, version, description, document, plan, source } = found;
  const label = labelOf(found);
  const blueprint = shown(document);
  const steps = plan.steps.map(({ id, type }) => `${id} (${type})`).join(", ");
  const text = [
    `Blueprint ${label}: ${echo(description)}`,
    `Input schema: ${clip(shownJson(plan.input ?? { type: "object" }), MAX_TEXT_RESULT_BYTES)}`,
    `Steps: ${clip(steps, MAX_QUOTED_BYTES)}.`,
    ...(blueprint === document
      ? []
      : [`It is too large for a reply: the resource blueprint://${label} has all of it.`]),
    `Next: ${call("jobs_submit_blueprint", { blueprint: label, input: {} })} with your input.`,
  ];
  return { structured: { name, version, blueprint, source }, text: text.join("\n") };
}

export const blueprintsGet = defineTool({
  name: "blueprints_get",
  title: "Get a blueprint",
  description:
    "One blueprint in full: its input as JSON Schema and its steps, which are also a model for an inline blueprint. Next: jobs_submit_blueprint.",
  input: z.strictObject({
    name: z.string().min(1).max(MAX_REFERENCE_CHARS).describe("Name of a blueprint, from blueprints_list."),
    version: z.int().min(1).optional().describe("Version; the latest when left out."),
  }),
  output: z.looseObject({ name: z.string(), version: z.int(), blueprint: z.looseObject({}) }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const reference = args.version === undefined ? args.name : `${args.name}@${args.version}`;
    const found = await findBlueprint(reference, deps);
    if (found.ok) return ok(reply(found.value));
    return err(faultText("No such blueprint.", [{ ...found.error, path: "name" }]));
  },
});

import * as z from "zod";
import { labelOf } from "../../catalog/find.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { linesOf, type TextPage } from "../../lib/text/text-page.ts";
import { MAX_BLUEPRINT_BYTES, MAX_QUOTED_BYTES, MAX_REPLY_BYTES, MAX_TEXT_RESULT_BYTES } from "../../limits.ts";
import {
  GetBlueprintInput,
  GUIDE,
  getBlueprint,
  type NamedBlueprint,
} from "../../service/blueprints/find-blueprint.ts";
import { guideText, TOPIC_NAMES, topicText } from "../guide/guide.ts";
import { previewOf } from "../replies/job-reply.ts";
import { withoutEmpty } from "../replies/structure.ts";
import { submitCall } from "../replies/submit-call.ts";
import { call, clip, faultText, shownJson } from "../replies/text.ts";
import { defineTool, fitsInto, type Reply } from "../tool.ts";

/** The language itself has the name `guide`; a long document comes in parts. */
const Input = GetBlueprintInput.extend({
  name: GetBlueprintInput.shape.name.describe(
    "From blueprints_list; `guide`: the language of blueprints; `guide/http`: one topic.",
  ),
  offset: z
    .int()
    .min(0)
    .max(2 * MAX_BLUEPRINT_BYTES)
    .optional()
    .describe("Of a long one: next_offset of the part before."),
});

/** A part of a text that is too long for one reply. @param from the arguments that name the text */
function partReply(text: string, offset: number, from: JsonObject, end: string): Reply {
  const partOf = ({ text: part, next_offset, total_bytes }: TextPage): Reply => ({
    next:
      next_offset === null ? end : `${call("blueprints_get", { ...from, offset: next_offset })} gives the next part.`,
    structured: withoutEmpty({ ...from, text: part, next_offset, total_bytes }, ["text"]),
    text: `Bytes from ${offset} of ${total_bytes} of ${echo(String(from.name))}.`,
    quoted: part,
  });
  // Quotes and line breaks take two bytes in each half: a part of half the room may be too long, never one of a quarter.
  const parts = [0.5, 0.45, 0.4, 0.3, 0.2].map((share) => partOf(linesOf(text, offset, MAX_REPLY_BYTES * share)));
  return parts.find((part) => fitsInto(MAX_REPLY_BYTES, part)) ?? partOf(linesOf(text, offset, MAX_QUOTED_BYTES));
}

/** The whole blueprint, or a preview of one that is too long. */
function reply(found: NamedBlueprint): Reply {
  const { name, version, description, document, plan, source } = found;
  const label = labelOf(found);
  const title = `Blueprint ${label}${description === "" ? "" : `: ${echo(description)}`}`;
  const whole: Reply = {
    next: submitCall(label, plan),
    structured: { name, version, blueprint: document, source },
    text: `${title}\nDocument: ${shownJson(document)}`,
  };
  if (fitsInto(MAX_REPLY_BYTES, whole)) return whole;
  const steps = plan.steps.map(({ id, type }) => `${id} (${type})`).join(", ");
  const text = [
    title,
    `Input schema: ${clip(shownJson(plan.input ?? { type: "object" }), MAX_TEXT_RESULT_BYTES)}`,
    `Steps: ${clip(steps, MAX_QUOTED_BYTES)}.`,
  ];
  return {
    next: `${call("blueprints_get", { name, version, offset: 0 })} gives the document, which is too long for one reply, in parts.`,
    structured: { name, version, blueprint: previewOf(document), source },
    text: text.join("\n"),
  };
}

export const blueprintsGet = defineTool({
  name: "blueprints_get",
  title: "Get a blueprint",
  description:
    "One blueprint in full: its input as JSON Schema and its steps, which are also a model for an inline blueprint. Next: jobs_submit_blueprint.",
  input: Input,
  output: z.looseObject({ name: z.string() }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async ({ name, version, offset }, deps) => {
    const [root, topic] = name.split("/", 2);
    if (root === GUIDE) {
      const end = 'jobs_submit_blueprint with your plan as "blueprint" and "dry_run": true says what is wrong with it.';
      const page = topic === undefined ? guideText(deps.handlers) : topicText(topic, deps.handlers);
      if (page !== undefined) return ok(partReply(page, offset ?? 0, { name }, end));
      const fix = `Use one of ${TOPIC_NAMES.map((each) => `${GUIDE}/${each}`).join(", ")}.`;
      return err(faultText("No such topic.", [{ path: "name", message: `"${echo(name)}" is not known`, fix }]));
    }
    const found = await getBlueprint(deps, { name, version });
    if (!found.ok) return err(faultText("No such blueprint.", [{ ...found.error.fault, path: "name" }]));
    if (offset === undefined) return ok(reply(found.value));
    const { document, plan, ...named } = found.value;
    const from = { name: named.name, version: named.version };
    return ok(partReply(JSON.stringify(document), offset, from, submitCall(labelOf(found.value), plan)));
  },
});

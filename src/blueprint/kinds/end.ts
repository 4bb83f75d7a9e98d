import * as z from "zod";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { shapeOf } from "../faults/shapes.ts";
import { type Kind, outer, stepOf } from "./common.ts";
import { jsonValue, text } from "./fields.ts";

/** The server's own codes begin like this: clients read from them that it was not the plan's doing. */
const OF_ENGINE = "engine_";

const code = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and _, starting with a letter")
  .refine((value) => !value.startsWith(OF_ENGINE), {
    error: `begins with ${OF_ENGINE}, as only codes of the server do`,
    params: { fix: "Call it otherwise." },
  });

/** Fields that mean nothing of this end. */
function endFaults(step: JsonObject, at: string): Fault[] {
  const ends = step.as === "succeeded" ? "succeeded" : "failed";
  const [field, fix] = {
    succeeded: ["code", "Remove it: only a failure has a code."],
    failed: ["output", 'Write "as": "succeeded", or put it into message.'],
  }[ends] as [string, string];
  if (step[field] === undefined) return [];
  return [{ path: jsonPath(at, [field]), message: `means nothing of an end as ${ends}`, fix }];
}

export const end = {
  templates: ["message", "output"],
  output: () => shapeOf([]),
  isSilent: () => true,
  check: endFaults,
  schema: stepOf({
    ...outer("end"),
    as: z.enum(["failed", "succeeded"]).default("failed").describe("How the job ends."),
    code: code.default("ended").describe("error_code of the job that failed."),
    message: text.optional().describe("Why, in a line."),
    output: jsonValue.optional().describe("The result of the job that succeeded; null when left out."),
  }),
} satisfies Kind;

import * as z from "zod";
import { hasExpression } from "../../expression/text-template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { MAX_STORE_KEY_CHARS, MAX_STORE_LIFETIME_MS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { strict } from "../strict.ts";
import { durationTerm, numberTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue, text } from "./fields.ts";

const key = text.refine((value) => hasExpression(value) || value.length <= MAX_STORE_KEY_CHARS, {
  error: `is longer than ${MAX_STORE_KEY_CHARS} characters`,
  params: { fix: "Shorten it, or use $hash of it." },
});

const condition = z.union(
  [
    z.literal("absent"),
    strict({ version: numberTerm(0, Number.MAX_SAFE_INTEGER).describe("The key's version; 0: it is absent.") }),
  ],
  { error: 'is neither "absent" nor {"version": n}' },
);

/** Fields that mean nothing of a read, or of a deletion. */
function storeFaults(step: JsonObject, at: string): Fault[] {
  const needsValue = step.value === undefined ? ["if", "for"] : step.value === null ? ["for"] : [];
  const message = step.value === null ? "means nothing of a deletion" : "means nothing without value";
  const fix = step.value === null ? "Remove it." : "Add the value to write (null deletes the key), or remove it.";
  return needsValue
    .filter((field) => step[field] !== undefined)
    .map((field) => ({ path: jsonPath(at, [field]), message, fix }));
}

export const store = {
  isUndoable: true,
  templates: ["key", "value", "if", "for"],
  output: () => shapeOf(["value", "version", "stored", "expires_at"], "value"),
  isSilent: ({ value }) => value !== undefined,
  check: storeFaults,
  schema: stepOf({
    ...common("store", { retries: 0 }),
    key: key.describe(`The tenant's key, of 1 to ${MAX_STORE_KEY_CHARS} characters.`),
    value: jsonValue.optional().describe("What to write; left out: read the key; a literal null: delete it."),
    if: condition
      .optional()
      .describe('Write only then: "absent", or {"version": n}, the version that a read gave; else stored is false.'),
    for: durationTerm(MAX_STORE_LIFETIME_MS).optional().describe("Lifetime of what is written; for ever if left out."),
  }),
} satisfies Kind;

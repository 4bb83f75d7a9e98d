import type { Fault } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_INPUT_BYTES } from "../../limits.ts";
import type { Blueprint } from "../blueprint.ts";
import { withDefaults } from "./defaults.ts";
import { endless, schemaFaults } from "./schema-faults.ts";

const ROOT = "input";

/**
 * The input as the job gets it, with the defaults of the schema, or all that is wrong with it, with paths that start with
 * `input`. Checked blueprints only.
 */
export function readInput(blueprint: Pick<Blueprint, "input">, input: Json): Result<JsonObject, Fault[]> {
  if (!isJsonObject(input)) return err([{ path: ROOT, message: "is not an object", fix: "Send a JSON object." }]);
  const { input: schema } = blueprint;
  if (schema === undefined) return ok(input);
  const filled = withDefaults(schema, input);
  if (!filled.ok) {
    const message = `has more than ${MAX_INPUT_BYTES} bytes with the defaults of the schema`;
    return err([filled.error === "endless" ? endless(ROOT) : { path: ROOT, message, fix: "Send less at once." }]);
  }
  const faults = schemaFaults(ROOT, schema, filled.value);
  return faults.length === 0 ? filled : err(faults);
}

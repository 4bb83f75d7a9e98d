import type { Fault } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_INPUT_BYTES } from "../../limits.ts";
import type { Blueprint } from "../blueprint.ts";
import { withDefaults } from "./defaults.ts";
import { endless, SchemaCheck } from "./schema-faults.ts";

const ROOT = "input";

/** A blueprint's schema, by which inputs are read. */
export class InputReader {
  readonly #schema: JsonObject | undefined;
  readonly #check: SchemaCheck | undefined;

  /** Checked blueprints only. */
  constructor({ input }: Pick<Blueprint, "input">) {
    this.#schema = input;
    this.#check = input && new SchemaCheck(ROOT, input);
  }

  /** About what it costs to read the input, in the unit of MAX_SCHEMA_CHECKS. */
  costOf(input: JsonObject): number {
    return this.#check?.costOf(input) ?? 0;
  }

  /**
   * The input as the job gets it, with the defaults of the schema, or all that is wrong with it, with paths that start
   * with `input`.
   */
  read(input: Json): Result<JsonObject, Fault[]> {
    if (!isJsonObject(input)) return err([{ path: ROOT, message: "is not an object", fix: "Send a JSON object." }]);
    if (this.#schema === undefined || this.#check === undefined) return ok(input);
    const filled = withDefaults(this.#schema, input);
    if (!filled.ok) {
      const message = `has more than ${MAX_INPUT_BYTES} bytes with the defaults of the schema`;
      return err([filled.error === "endless" ? endless(ROOT) : { path: ROOT, message, fix: "Send less at once." }]);
    }
    const faults = this.#check.faults(filled.value);
    return faults.length === 0 ? filled : err(faults);
  }
}

/** The same of one input. */
export const readInput = (blueprint: Pick<Blueprint, "input">, input: Json): Result<JsonObject, Fault[]> =>
  new InputReader(blueprint).read(input);

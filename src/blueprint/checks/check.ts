import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { err, type Result } from "../../lib/result.ts";
import { MAX_FAULTS, MAX_STEPS } from "../../limits.ts";
import { Blueprint } from "../blueprint.ts";
import { readWith } from "../faults/zod-faults.ts";
import { countSteps } from "../nesting.ts";
import { DocumentChecker, type Known } from "./document-checker.ts";
import { checkSize } from "./size.ts";

export { InputReader, readInput } from "../schemas/check-input.ts";

const ROOT = "blueprint";

function stepCountFaults(document: JsonObject): Fault[] {
  const count = countSteps(document);
  if (count <= MAX_STEPS) return [];
  const message = `has ${count} steps, counting those inside others; the most is ${MAX_STEPS}`;
  return [{ path: jsonPath(ROOT, ["steps"]), message, fix: "Use a map for what repeats, or several blueprints." }];
}

/** Two checks may find the same. */
function distinct(faults: readonly Fault[]): Fault[] {
  const byText = new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault]));
  return [...byText.values()].slice(0, MAX_FAULTS);
}

/**
 * Everything that can be known to be wrong with a blueprint before it runs, at most MAX_FAULTS at once.
 * @returns the plan, with every default filled in
 */
export function checkBlueprint(document: Json, known: Known): Result<Blueprint, Fault[]> {
  const oversize = checkSize(ROOT, document);
  if (oversize.length > 0) return err(oversize.slice(0, MAX_FAULTS));
  const parsed = readWith(ROOT, Blueprint, document);
  const faults = parsed.ok ? [] : parsed.error;
  if (isJsonObject(document)) {
    const checked = new DocumentChecker(ROOT, document, known);
    faults.push(...stepCountFaults(document), ...checked.faults);
    const places = new Set(faults.map(({ path }) => path));
    faults.push(...checked.doubts.filter(({ path }) => !places.has(path)));
  }
  return parsed.ok && faults.length === 0 ? parsed : err(distinct(faults));
}

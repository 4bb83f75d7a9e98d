import { type Fault, jsonPath } from "../jobs/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../jobs/json.ts";
import type { Kind } from "./kinds/common.ts";
import { KIND_TABLE } from "./kinds/index.ts";
import { type Names, referenceFaults } from "./references.ts";
import { type Keys, templateTexts } from "./template.ts";

/** Every step object of a list, and those inside them, in document order. */
export function* stepsIn(steps: Json | undefined, keys: Keys): Generator<[Keys, JsonObject]> {
  if (!Array.isArray(steps)) return;
  for (const [i, step] of steps.entries()) {
    if (!isJsonObject(step)) continue;
    yield [[...keys, i], step];
    for (const field of kindOf(step)?.itemSteps ?? []) yield* stepsIn(step[field], [...keys, i, field]);
  }
}

const kindOf = (step: JsonObject): Kind | undefined => KIND_TABLE.get(String(step.type));

/**
 * The checks across steps. They read the document as it was sent, so that a fault in the shape of one step does not
 * hide others.
 */
export class StepChecker {
  readonly faults: Fault[] = [];
  readonly #root: string;
  readonly #handlers: readonly string[];
  /** Path of the first step with each id. */
  readonly #ids = new Map<string, string>();

  constructor(root: string, document: JsonObject, handlers: readonly string[]) {
    this.#root = root;
    this.#handlers = handlers;
    for (const [keys, { id }] of stepsIn(document.steps, ["steps"])) {
      if (typeof id === "string") this.#addId(id, jsonPath(root, [...keys, "id"]));
    }
    const names = { steps: new Set<string>(), item: false, response: false };
    const all = this.#checkList(document.steps, ["steps"], names);
    this.#checkTemplate(document.output, ["output"], { ...names, steps: all });
  }

  #addId(id: string, path: string): void {
    const first = this.#ids.get(id);
    if (first === undefined) this.#ids.set(id, path);
    else this.faults.push({ path, message: `is used before, at ${first}`, fix: "Give each step an id of its own." });
  }

  /** @returns ids in scope after the list */
  #checkList(steps: Json | undefined, keys: Keys, outer: Names): Set<string> {
    const visible = new Set(outer.steps);
    if (!Array.isArray(steps)) return visible;
    for (const [i, step] of steps.entries()) {
      if (!isJsonObject(step)) continue;
      this.#checkStep(step, [...keys, i], { ...outer, steps: visible });
      if (typeof step.id === "string") visible.add(step.id);
    }
    return visible;
  }

  #checkStep(step: JsonObject, keys: Keys, names: Names): void {
    this.#checkTemplate(step.when, [...keys, "when"], names);
    this.#checkHandler(step, keys);
    const kind = kindOf(step);
    for (const field of kind?.templates ?? []) {
      const response = kind?.seeResponse?.includes(field) === true;
      this.#checkTemplate(step[field], [...keys, field], { ...names, response });
    }
    for (const field of kind?.itemSteps ?? []) {
      this.#checkList(step[field], [...keys, field], { ...names, item: true });
    }
  }

  #checkHandler({ type, handler }: JsonObject, keys: Keys): void {
    if (type !== "handler" || typeof handler !== "string" || this.#handlers.includes(handler)) return;
    const known = this.#handlers.length > 0 ? `Use one of ${this.#handlers.join(", ")}.` : "This server has none.";
    const message = `there is no handler ${JSON.stringify(handler)}`;
    this.faults.push({ path: jsonPath(this.#root, [...keys, "handler"]), message, fix: known });
  }

  #checkTemplate(value: Json | undefined, keys: Keys, names: Names): void {
    if (value === undefined) return;
    for (const [more, text] of templateTexts(value)) {
      const path = jsonPath(this.#root, [...keys, ...more]);
      this.faults.push(...referenceFaults(path, text, names, this.#ids));
    }
  }
}

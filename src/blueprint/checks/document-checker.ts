import { RegexBudget } from "../../expression/regex.ts";
import { type Keys, templateTexts, textsIn } from "../../expression/template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { MAX_JOB_DEPTH, MAX_STEP_PATH_CHARS } from "../../limits.ts";
import { foreignProblems } from "../faults/foreign-templates.ts";
import type { Inner, Kind } from "../kinds/common.ts";
import { type LinkedQuestion, linkedQuestions, linkPathAt } from "../links.ts";
import { allSteps, childOf, innerOf, keysIn, kindOf, outputShape } from "../nesting.ts";
import { checkInputSchema } from "../schemas/input-schema.ts";
import { TERM_FIELDS } from "../terms.ts";
import { expressionFaults, type KnownStep, type Names, referenceFaults } from "./references.ts";
import { outputSecretFaults, secretFaults, type UsableSecret } from "./secret-faults.ts";

/** What the server has that blueprints can name. */
export interface Known {
  handlers: readonly string[];
  /** What the caller's blueprints may send; none when left out. */
  secrets?: readonly UsableSecret[];
  /** Of `ai` steps that name none; null: each must name one. Left out: there is no model at all. */
  model?: string | null;
}

/** Where a list of steps stands. */
interface Place {
  keys: Keys;
  names: Names;
  /** The longest that comes before the steps' ids in their paths at run time. */
  prefix: string;
  /** In an undo, or in finally: it runs when the job has settled. */
  isCleanup?: boolean | undefined;
  isSingle?: boolean | undefined;
}

/**
 * The checks across the steps of one document, and of those inside it. They read it as it was sent, so that a fault in
 * the shape of one step does not hide others.
 */
export class DocumentChecker {
  readonly faults: Fault[] = [];
  /** What is a fault unless something else is wrong at its place. */
  readonly doubts: Fault[] = [];
  readonly #root: string;
  readonly #known: Known;
  readonly #depth: number;
  readonly #regexes: RegexBudget;
  readonly #links: readonly LinkedQuestion[];
  /** The first step with each id. */
  readonly #ids = new Map<string, KnownStep>();

  /**
   * @param root path of the document, such as `blueprint`
   * @param depth how many documents it stands in, itself counted
   * @param regexes of all these documents
   */
  constructor(root: string, document: JsonObject, known: Known, depth = 1, regexes = new RegexBudget()) {
    this.#regexes = regexes;
    this.#root = root;
    this.#known = known;
    this.#depth = depth;
    this.#links = linkedQuestions(document);
    for (const [keys, step] of allSteps(document)) {
      if (typeof step.id === "string") this.#addStep(step.id, { at: this.#path(keys, "id"), shape: outputShape(step) });
    }
    if (isJsonObject(document.input)) this.faults.push(...checkInputSchema(document.input, this.#path(["input"])));
    const names = { steps: new Set<string>(), around: [] };
    const all = this.#checkList(document.steps, { keys: ["steps"], names, prefix: "" });
    this.#checkTemplate(document.output, ["output"], { ...names, steps: all });
    this.faults.push(...expressionFaults(this.#path(["concurrency"]), document.concurrency, ["input", "job"]));
    const afterwards = { steps: all, around: ["outcome"] as const };
    this.#checkList(document.finally, { keys: ["finally"], names: afterwards, prefix: "", isCleanup: true });
    this.faults.push(...outputSecretFaults(document.output, this.#path(["output"])));
  }

  #path(keys: Keys, ...more: Keys): string {
    return jsonPath(this.#root, [...keys, ...more]);
  }

  #addStep(id: string, step: KnownStep): void {
    const first = this.#ids.get(id);
    if (first === undefined) this.#ids.set(id, step);
    else {
      const fix = "Give each step an id of its own.";
      this.faults.push({ path: step.at, message: `is used before, at ${first.at}`, fix });
    }
  }

  /** @returns ids in scope after the list */
  #checkList(steps: Json | undefined, { keys, names, isSingle = false, ...place }: Place): Set<string> {
    const visible = new Set(names.steps);
    if (!Array.isArray(steps)) return visible;
    for (const [i, step] of steps.entries()) {
      if (!isJsonObject(step)) continue;
      this.#checkStep(step, { ...place, keys: keysIn({ keys, isSingle }, i), names: { ...names, steps: visible } });
      if (typeof step.id === "string") visible.add(step.id);
    }
    return visible;
  }

  /** The links that the step at the path sees. */
  #linksAt(path: string, isCleanup: boolean): ReadonlyMap<string, boolean> {
    const asked = this.#links.filter((link) => link.isCleanup === isCleanup);
    return new Map(asked.map((link) => [link.id, linkPathAt(link, path) !== undefined]));
  }

  #checkStep(step: JsonObject, place: Place): void {
    const { keys, names: around, prefix, isCleanup } = place;
    const kind = kindOf(step);
    const path = `${prefix}${typeof step.id === "string" ? step.id : ""}`;
    const names = { ...around, links: this.#linksAt(path, isCleanup === true) };
    this.#checkFields(step, kind, keys, names);
    this.#checkHandler(step, keys);
    if (kind?.needsModel) this.#checkModel(step, keys);
    this.#checkChild(step, kind, place);
    if (isCleanup) this.#checkCleanup(step, keys);
    this.faults.push(...(kind?.check?.(step, this.#path(keys)) ?? []));
    if (kind !== undefined) this.faults.push(...secretFaults(step, kind, this.#path(keys), this.#known.secrets ?? []));
    if (path.length > MAX_STEP_PATH_CHARS) this.#addLongPath(path, keys);
    for (const inner of innerOf(step)) this.#checkInner(step, inner, { keys, names, prefix: path, isCleanup });
  }

  /** @param place of the step, with its path */
  #checkInner(step: JsonObject, inner: Inner, { keys, names, prefix, isCleanup }: Place): void {
    const seen = inner.isUndo && typeof step.id === "string" ? new Set([...names.steps, step.id]) : names.steps;
    const within = { ...names, around: [...names.around, ...inner.sees], steps: seen };
    const steps = this.#checkList(inner.steps, {
      keys: [...keys, ...inner.keys],
      names: within,
      prefix: `${prefix}${inner.segment}.`,
      isCleanup: isCleanup || inner.isUndo,
      isSingle: inner.isSingle,
    });
    if (inner.isUndo) return;
    for (const field of kindOf(step)?.afterInner ?? [])
      this.#checkTemplate(step[field], [...keys, field], { ...within, steps });
  }

  #checkFields(step: JsonObject, kind: Kind | undefined, keys: Keys, names: Names): void {
    for (const field of ["when", ...TERM_FIELDS]) this.#checkTemplate(step[field], [...keys, field], names);
    for (const field of kind?.templates ?? []) {
      if (kind?.afterInner?.includes(field)) continue;
      const around = [...names.around, ...(kind?.sees?.[field] ?? [])];
      this.#checkTemplate(step[field], [...keys, field], { ...names, around });
    }
  }

  #checkHandler({ type, handler }: JsonObject, keys: Keys): void {
    if (type !== "handler" || typeof handler !== "string" || this.#known.handlers.includes(handler)) return;
    const { handlers } = this.#known;
    const known = handlers.length > 0 ? `Use one of ${handlers.join(", ")}.` : "This server has none.";
    const message = `there is no handler ${JSON.stringify(handler)}`;
    this.faults.push({ path: this.#path(keys, "handler"), message, fix: known });
  }

  #checkModel({ model }: JsonObject, keys: Keys): void {
    const known = this.#known.model;
    if (known === undefined) {
      const fix = "The operator binds Workers AI as AI, or sets AI_BASE_URL, AI_MODEL and AI_KEY.";
      this.faults.push({ path: this.#path(keys, "type"), message: "this server has no language model", fix });
    } else if (known === null && model === undefined) {
      const fix = "Name one; the operator sets AI_MODEL for steps that name none.";
      this.faults.push({ path: this.#path(keys, "model"), message: "is missing: this server prefers no model", fix });
    }
  }

  /** What runs when the job has settled can neither be undone nor end it. */
  #checkCleanup(step: JsonObject, keys: Keys): void {
    const fix = "Remove it: what runs after the job is not taken back.";
    if (step.undo !== undefined)
      this.faults.push({ path: this.#path(keys, "undo"), message: "stands in an undo or in finally", fix });
    if (step.type === "end") {
      const message = "an end step cannot stand in an undo or in finally: the job has ended";
      this.faults.push({ path: this.#path(keys, "type"), message, fix: "Use when, to leave steps out." });
    }
  }

  /** A cleanup job stands outside of the depth. */
  #checkChild(step: JsonObject, kind: Kind | undefined, { keys, names, isCleanup }: Place): void {
    if (kind?.child === undefined) return;
    if (typeof step[kind.child] === "string") this.#checkTemplate(step[kind.child], [...keys, kind.child], names);
    const depth = isCleanup ? 1 : this.#depth;
    if (depth >= MAX_JOB_DEPTH) {
      const message = `jobs would nest more than ${MAX_JOB_DEPTH} deep, counting the outermost`;
      this.faults.push({ path: this.#path(keys, "type"), message, fix: "Put the child's steps in place of this one." });
      return;
    }
    const child = childOf(step);
    if (child === undefined) return;
    const root = this.#path(keys, kind.child);
    const inside = new DocumentChecker(root, child, this.#known, depth + 1, this.#regexes);
    this.faults.push(...inside.faults);
    this.doubts.push(...inside.doubts);
  }

  #addLongPath(path: string, keys: Keys): void {
    const message = `its path in the job can have ${path.length} characters, more than ${MAX_STEP_PATH_CHARS}`;
    const fix = "Shorten its id, or the ids and branch names that it stands in.";
    this.faults.push({ path: this.#path(keys, "id"), message, fix });
  }

  #checkTemplate(value: Json | undefined, keys: Keys, names: Names): void {
    if (value === undefined) return;
    for (const [more, text] of templateTexts(value)) {
      this.faults.push(...referenceFaults(this.#path(keys, ...more), text, names, this.#ids, this.#regexes));
    }
    for (const [more, text] of textsIn(value)) {
      const path = this.#path(keys, ...more);
      this.doubts.push(...foreignProblems(text).map((problem) => ({ path, ...problem })));
    }
  }
}

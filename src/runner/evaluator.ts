import { EvaluationBudget } from "../expression/evaluation-budget.ts";
import { compileTemplate, type Scope, type Template } from "../expression/template.ts";
import type { StepError } from "../jobs/job.ts";
import type { Json } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Holdings } from "./holdings.ts";

/** Nobody sees it: of a halted lane only the first failure counts. */
const TOO_LATE: StepError = { code: "expression", message: "not evaluated, since a row beside this one has failed" };

/** The expressions of one attempt: one at a time, and within one budget. */
export class Evaluator {
  readonly #budget: EvaluationBudget;
  /** Each template is parsed once, however many items use it: strings by value, objects by identity. */
  readonly #templates = new Map<Json, Template>();

  /** @param pause lets everything else that waits for the thread go first */
  constructor(pause: () => Promise<void>) {
    this.#budget = new EvaluationBudget(pause);
  }

  /**
   * The value with its expressions replaced; undefined for nothing.
   * @param lane of whoever asks: once it is halted, what waits for its turn is not evaluated any more
   * @param holdings of the attempt: while an output waits for room, no other is made
   * @param links signs those that the scope has; only asked when an expression names one
   */
  async evaluate(
    value: Json,
    scope: Scope,
    lane: AbortSignal,
    holdings: Holdings,
    links: () => Promise<Result<Scope["link"], StepError>>,
  ): Promise<Result<Json | undefined, StepError>> {
    const template = this.#compiled(value);
    if (!template.ok) return err(template.error);
    const link = template.value.names("link") ? await links() : undefined;
    if (link?.ok === false) return link;
    const known = link?.value === undefined ? scope : { ...scope, link: link.value };
    return this.#budget.alone(async () => {
      await holdings.unstalled();
      return lane.aborted ? err(TOO_LATE) : template.value.evaluate(known, this.#budget);
    });
  }

  #compiled(value: Json): ReturnType<typeof compileTemplate> {
    const known = this.#templates.get(value);
    if (known !== undefined) return ok(known);
    const compiled = compileTemplate(value);
    if (compiled.ok) this.#templates.set(value, compiled.value);
    return compiled;
  }
}

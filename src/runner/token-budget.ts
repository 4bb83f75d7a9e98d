import type { StepError } from "../jobs/job.ts";

/** What the `ai` steps of one job may use together, over all its rows. What may be needed is reserved before it is asked for. */
export class TokenBudget {
  readonly #limit: number | undefined;
  #used: number;
  #reserved = 0;

  /**
   * @param limit undefined: none
   * @param used before this attempt
   */
  constructor(limit: number | undefined, used: number) {
    this.#limit = limit;
    this.#used = used;
  }

  get used(): number {
    return this.#used;
  }

  /** @returns why it cannot be; then nothing is reserved */
  reserve(tokens: number): StepError | undefined {
    if (this.#limit !== undefined && this.#used + this.#reserved + tokens > this.#limit) {
      return this.#exceeded(`this request may need ${tokens}`);
    }
    this.#reserved += tokens;
    return undefined;
  }

  /** What was reserved is not needed any more. @returns why the answer cannot be had: the model used more than it was allowed */
  settle(reserved: number, used: number): StepError | undefined {
    this.#reserved -= reserved;
    this.#used += used;
    return this.#limit !== undefined && this.#used > this.#limit
      ? this.#exceeded(`the last answer took ${used}`)
      : undefined;
  }

  #exceeded(what: string): StepError {
    const message = `The job may use ${this.#limit} tokens (budget.ai_tokens) and has used ${this.#used}; ${what}. Raise it, lower max_tokens, or send a shorter prompt.`;
    return { code: "limit_exceeded", message };
  }
}

import { EVALUATION_WORK, MAX_JOB_EVALUATIONS, MAX_JOB_WORK, MAX_TURN_WORK } from "../limits.ts";

/** Thrown inside an evaluation when those of the whole attempt have cost too much; never leaves this folder. */
export class BudgetSpent extends Error {}

/** What all evaluations of one attempt may cost together. They run one after the other, and give way to others. */
export class EvaluationBudget {
  readonly #pause: () => Promise<void>;
  readonly #most: number;
  #evaluations = 0;
  #work = 0;
  #turnWork = 0;
  #pausing: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param pause lets everything else that waits for the thread go first
   * @param most evaluations in all
   */
  constructor(pause: () => Promise<void>, most: number = MAX_JOB_EVALUATIONS) {
    this.#pause = pause;
    this.#most = most;
  }

  /** One node of an expression, or one call of a function. */
  step(): void {
    this.#turnWork += EVALUATION_WORK;
    if (++this.#evaluations > this.#most) {
      throw new BudgetSpent(`the expressions of this job need more than ${this.#most} evaluations in all`);
    }
  }

  /** @param units see `Meter.spend` */
  spend(units: number): void {
    this.#turnWork += units;
    this.#work += units;
    if (this.#work > MAX_JOB_WORK) {
      throw new BudgetSpent("the expressions of this job do too much work on large values in all");
    }
  }

  /** What an evaluation waits for before it goes on: nothing while its turn lasts. */
  turn(): Promise<void> | undefined {
    // Of members that the library runs at once, some go on while others pause: they join them.
    if (this.#pausing !== undefined || this.#turnWork < MAX_TURN_WORK) return this.#pausing;
    return this.newTurn();
  }

  /** Lets others go first, whatever was done so far. */
  newTurn(): Promise<void> {
    this.#turnWork = 0;
    this.#pausing = this.#pause().finally(() => {
      this.#pausing = undefined;
    });
    return this.#pausing;
  }

  /** The pause that an evaluation is in. */
  get pausing(): Promise<void> | undefined {
    return this.#pausing;
  }

  /** Runs the evaluation when those before it have ended. */
  alone<T>(evaluation: () => Promise<T>): Promise<T> {
    const own = this.#last.then(evaluation);
    this.#last = own.catch(() => undefined);
    return own;
  }
}

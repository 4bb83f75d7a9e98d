/** Rows whose question has no place yet, in the order they came: the registry keeps only so many of a job open. */
export class QuestionPlaces {
  readonly #waiting = new Set<AbortController>();
  #freed = 0;

  /** How often a place has come free so far. */
  get freed(): number {
    return this.#freed;
  }

  /**
   * Aborts when it is the row's turn to ask again.
   * @param seen {@link freed} before the question was refused: a place may have come free since
   */
  turn(seen: number): AbortSignal {
    const turn = new AbortController();
    if (seen === this.#freed) this.#waiting.add(turn);
    else turn.abort();
    return turn.signal;
  }

  /** A question has ended. */
  free(): void {
    this.#freed += 1;
    const [first] = this.#waiting;
    if (first !== undefined) this.#call(first);
  }

  /** Nobody knows how many have. */
  freeAll(): void {
    this.#freed += 1;
    for (const each of this.#waiting) this.#call(each);
  }

  #call(turn: AbortController): void {
    this.#waiting.delete(turn);
    turn.abort();
  }
}

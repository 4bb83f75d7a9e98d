/**
 * So many in a minute, by the generic cell rate algorithm: a full minute's worth at once, then one each time that its
 * share of the minute has passed. Kept in memory as one number, so an eviction resets it.
 */
export class Rate {
  readonly #windowMs: number;
  /** What one takes of the window. */
  readonly #shareMs: number;
  /** When all that was taken will have been paid for. Epoch ms. */
  #paidAt = 0;

  /** @param limit above 0 */
  constructor(limit: number, windowMs: number) {
    this.#windowMs = windowMs;
    this.#shareMs = windowMs / limit;
  }

  /** @returns ms until one can be taken; 0: it was */
  take(now: number): number {
    // A clock that is set back must make no caller wait longer than the window.
    this.#paidAt = Math.min(Math.max(this.#paidAt, now), now + this.#windowMs);
    const wait = this.#paidAt + this.#shareMs - now - this.#windowMs;
    // A share need be no whole number of ms: its last digits are no wait.
    if (wait > 1e-3) return Math.ceil(wait);
    this.#paidAt += this.#shareMs;
    return 0;
  }
}

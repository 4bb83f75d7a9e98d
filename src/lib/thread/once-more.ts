/**
 * Work that is never beside itself: whoever asks for it while it goes on has it done once more, from the beginning. The work
 * must not reject.
 */
export class OnceMore {
  readonly #work: () => Promise<void>;
  #going: Promise<void> | undefined;
  #isAsked = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when nobody asks any more. */
  ask(): Promise<void> {
    this.#isAsked = true;
    this.#going ??= this.#go();
    return this.#going;
  }

  async #go(): Promise<void> {
    // It is known to go on before it can end.
    await null;
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await this.#work();
      }
    } finally {
      // At once: who asks later than the last look finds nothing that goes on.
      this.#going = undefined;
    }
  }
}

/** An alarm that is this late was lost by the platform. */
const LOST_AFTER_MS = 60_000;

/**
 * The object's one alarm. It rings when the first job is due, or earlier: moving it to a later time would cost a written row,
 * so that is done only when it rings.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** Epoch ms. */
  readonly #now: () => number;
  #armedFor: number | null;
  /** The latest that the clock showed since it was set (epoch ms). */
  #latest: number;

  private constructor(storage: DurableObjectStorage, now: () => number, armedFor: number | null) {
    this.#storage = storage;
    this.#now = now;
    this.#armedFor = armedFor;
    this.#latest = now();
  }

  static async read(storage: DurableObjectStorage, now: () => number): Promise<Alarm> {
    return new Alarm(storage, now, await storage.getAlarm());
  }

  /** True when the alarm should have rung long ago, as the platform has dropped it, or when the clock went back under it. */
  get isLost(): boolean {
    const now = this.#now();
    return this.#armedFor !== null && Math.min(this.#armedFor - now, now - this.#latest) <= -LOST_AFTER_MS;
  }

  /** Called now and then, so that a clock that goes back is seen. */
  noteTime(): void {
    this.#latest = Math.max(this.#latest, this.#now());
  }

  /**
   * Ring at `due` (epoch ms) or earlier; now, when that has passed or the alarm was lost. Called inside the transaction of the
   * write that wants it. An alarm that is set for a time long ago would look like a lost one, and give way to a later time.
   */
  ringBy(due: number): void {
    const at = Math.max(this.isLost ? 0 : due, this.#now());
    if (this.#armedFor === null || this.#armedFor > at || this.isLost) this.ringAt(at);
  }

  /** Ring at `due` (epoch ms), also where that is later than it was set for. */
  ringAt(due: number): void {
    void this.#storage.setAlarm(due);
    this.#armedFor = due;
    this.#latest = this.#now();
  }

  /** @returns a function that restores what was armed: an undone transaction undoes its alarm too */
  savepoint(): () => void {
    const before = { armedFor: this.#armedFor, latest: this.#latest };
    return () => {
      this.#armedFor = before.armedFor;
      this.#latest = before.latest;
    };
  }

  /** The alarm rang: nothing is armed. */
  forget(): void {
    this.#armedFor = null;
  }
}

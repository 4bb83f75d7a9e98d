/** An alarm that is this late will not ring any more: it is set again. */
const LOST_AFTER_MS = 60_000;

/**
 * The object's one alarm. It rings at the latest when the first job is due; where it rings early it is moved on then,
 * because each move is a row written.
 */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  #armedFor: number | null;

  private constructor(storage: DurableObjectStorage, armedFor: number | null) {
    this.#storage = storage;
    this.#armedFor = armedFor;
  }

  /** @param now epoch ms */
  static async read(storage: DurableObjectStorage, now: number): Promise<AlarmClock> {
    const armedFor = await storage.getAlarm();
    return new AlarmClock(storage, armedFor !== null && armedFor > now - LOST_AFTER_MS ? armedFor : null);
  }

  /** Ring at `due` (epoch ms) or earlier. Called inside the transaction of the write that wants it. */
  ringBy(due: number): void {
    if (this.#armedFor !== null && this.#armedFor <= due) return;
    void this.#storage.setAlarm(due);
    this.#armedFor = due;
  }

  /** The alarm rang, or a transaction that set it was undone: nothing is known to be armed. */
  forget(): void {
    this.#armedFor = null;
  }
}

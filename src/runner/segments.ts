import { MAX_SEGMENT_ACTIONS, MAX_STEP_TIMEOUT_MS, SEGMENT_MS } from "../limits.ts";

/** Nothing begins any more when its time is spent; what then acts has its own. */
const LONGEST_SEGMENT_MS = SEGMENT_MS + MAX_STEP_TIMEOUT_MS;

/** What the engine waits for between two segments. Plain data: the engine keeps it. */
export interface Wait {
  /** The earliest time at which something goes on by itself, in epoch ms. */
  until: number;
  /** Whether an event may come before. */
  wakeable: boolean;
}

interface Parked extends Wait {
  path: string;
  wake: () => void;
}

/**
 * The steps of one attempt that run side by side (lanes), in segments: acting steps run inside one engine step, until each
 * lane waits for something that takes long. Then the engine waits once for all of them, and the next segment goes on
 * with those for which it is time.
 */
export class Segments {
  readonly #now: () => number;
  readonly #parked = new Set<Parked>();
  /** Lanes that are not parked. */
  #busy = 1;
  #quiet = Promise.withResolvers<Wait>();
  #endsAt: number;
  #actions = 0;

  /** @param now epoch ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#endsAt = now() + SEGMENT_MS;
  }

  /** Resolves when every lane is parked. */
  get quiet(): Promise<Wait> {
    return this.#quiet.promise;
  }

  /** Whether a lane waits for what may come before its time. */
  get isWakeable(): boolean {
    return [...this.#parked].some(({ wakeable }) => wakeable);
  }

  /**
   * The next segment begins: lanes go on whose time has come, or whose step waits no longer.
   * @param passed epoch ms up to which the engine has waited, whatever this process's clock says
   * @param isWaiting asked of the steps for which an event may come
   */
  open(passed: number, isWaiting: (path: string) => boolean): void {
    this.#endsAt = this.#now() + SEGMENT_MS;
    this.#actions = 0;
    this.#quiet = Promise.withResolvers();
    const reached = Math.max(passed, this.#now());
    const due = [...this.#parked].filter(
      ({ until, path, wakeable }) => until <= reached || (wakeable && !isWaiting(path)),
    );
    for (const { wake } of due) wake();
    for (const parked of this.#parked) this.#arm(parked);
    if (this.#busy === 0) this.#tellQuiet();
  }

  /** Runs lanes in place of the one that calls. */
  async fork(count: number, lane: () => Promise<void>): Promise<void> {
    if (count === 0) return;
    this.#busy += count - 1;
    let left = count;
    const run = async () => {
      await lane();
      left -= 1;
      // The last one becomes the lane that called.
      if (left > 0) this.#leave();
    };
    await Promise.all(Array.from({ length: count }, run));
  }

  /** Whether its time is spent: nothing begins in it any more. */
  get isOver(): boolean {
    return this.#now() >= this.#endsAt;
  }

  /** Before an action: it begins in this segment, or when that is spent in the next. */
  async turn(path: string, halt: AbortSignal): Promise<void> {
    const isSpent = this.isOver || this.#actions >= MAX_SEGMENT_ACTIONS;
    if (isSpent) await this.park({ path, until: this.#now(), wakeable: false }, halt);
    this.#actions += 1;
  }

  /** The lane waits by the engine, until a segment opens at its time; a lane that is halted goes on at once. */
  async park(wait: Wait & { path: string }, halt: AbortSignal): Promise<void> {
    if (halt.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      if (!this.#parked.delete(parked)) return;
      this.#busy += 1;
      halt.removeEventListener("abort", wake);
      resolve();
    };
    const parked = { ...wait, wake };
    this.#parked.add(parked);
    this.#arm(parked);
    halt.addEventListener("abort", wake);
    this.#leave();
    await promise;
  }

  /** Others may act on for long: a lane whose time comes meanwhile goes on in this segment, not in the next one. */
  #arm({ until, wakeable, wake }: Parked): void {
    const ms = until - this.#now();
    if (wakeable || ms <= 0 || ms > LONGEST_SEGMENT_MS) return;
    AbortSignal.timeout(ms).addEventListener("abort", () => {
      // Outside of a segment nothing goes on.
      if (this.#busy > 0) wake();
    });
  }

  #leave(): void {
    this.#busy -= 1;
    if (this.#busy === 0) this.#tellQuiet();
  }

  #tellQuiet(): void {
    const until = Math.min(...[...this.#parked].map((parked) => parked.until));
    this.#quiet.resolve({ until, wakeable: this.isWakeable });
  }
}

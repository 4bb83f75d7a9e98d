/** Simulated time: what is due happens in order, the rest of the world waits. */
export class SimClock {
  /** Epoch ms. */
  now: number;
  /** A binary heap by time, then by the order of asking. */
  readonly #heap: { at: number; order: number; act: () => void }[] = [];
  #asked = 0;

  constructor(start: number) {
    this.now = start;
  }

  /** @returns what calls it off */
  at(time: number, act: () => void): () => void {
    const entry = { at: Math.max(time, this.now), order: this.#asked++, act };
    this.#push(entry);
    return () => {
      entry.act = () => undefined;
    };
  }

  /** @param ms timers end with a whole millisecond, as Date.now() counts */
  after(ms: number, act: () => void): () => void {
    return this.at(this.now + Math.ceil(ms), act);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets happen what is due until `end`, each thing with all that follows from it at once. */
  async runUntil(end: number, isOver: () => boolean = () => false): Promise<void> {
    await atOnce();
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end || isOver()) break;
      this.#pop();
      this.now = next.at;
      next.act();
      await atOnce();
    }
    if (!isOver()) this.now = end;
  }

  #push(entry: { at: number; order: number; act: () => void }): void {
    const heap = this.#heap;
    heap.push(entry);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfEarlier(child, parent)) return;
      child = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const child = left + 1 < heap.length && this.#isEarlier(left + 1, left) ? left + 1 : left;
      if (child >= heap.length || !this.#swapIfEarlier(child, parent)) return;
      parent = child;
    }
  }

  #isEarlier(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swapIfEarlier(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a === undefined || b === undefined || !this.#isEarlier(i, j)) return false;
    this.#heap[i] = b;
    this.#heap[j] = a;
    return true;
  }
}

/** Longer than any chain of promises between two things that take time. */
const LONGEST_CHAIN = 256;

async function atOnce(): Promise<void> {
  for (let i = 0; i < LONGEST_CHAIN; i++) await null;
}

/** A process, as far as others see it: when it is dead, nothing that it waited for goes on. */
export interface Life {
  /** Unlike any other's. */
  id: string;
  alive: boolean;
}

/** The work's end, as the owner of the life sees it: never, once it is dead. */
export function held<T>(life: Life, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    work.then(
      (value) => life.alive && resolve(value),
      (error) => life.alive && reject(error),
    );
  });
}

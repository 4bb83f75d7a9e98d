import { setTimeout as sleep } from "node:timers/promises";

/** As `bench/scale/worker.ts` answers. */
export interface Measured {
  ms: number;
  rowsRead: number;
}

export interface Size {
  jobs: number;
  live: number;
  bytes: number;
}

/** Jobs that the engine runs; all others are copies of such. The first ones pay for the pages that every table begins. */
const REAL = { first: 100, measured: 200, others: 30, waiting: 5 };

/** The object of one tenant: `Call` of bench/scale/worker.ts says what it can be asked. */
export class Shard {
  readonly #origin: string;
  readonly #service: string;
  readonly tenant: string;

  constructor(origin: string, service: string, tenant: string) {
    this.#origin = origin;
    this.#service = service;
    this.tenant = tenant;
  }

  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    const response = await fetch(this.#origin, {
      method: "POST",
      body: JSON.stringify([this.tenant, method, ...args]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.tenant}, ${method}: ${text}`);
    return JSON.parse(text);
  }

  /** Real jobs: a sleep, then a webhook. @returns their ids, at once */
  submit(count: number, over: { path?: string; seconds?: number; days?: number; withKey?: boolean } = {}) {
    const { path = "/hook", seconds = 1, days = null, withKey = false } = over;
    const url = `http://${this.#service}${path}`;
    return this.call<string[]>("submitMany", { count, url, seconds, days, withKey });
  }

  async untilSettled(): Promise<Size> {
    for (;;) {
      const size = await this.call<Size>("size");
      if (size.live === 0) return size;
      await sleep(500);
    }
  }

  /** Bytes that each of some real jobs takes. */
  async bytesOfJob(withKey: boolean): Promise<number> {
    await this.submit(REAL.first, { withKey });
    const before = await this.untilSettled();
    await this.submit(REAL.measured, { withKey });
    const after = await this.untilSettled();
    return (after.bytes - before.bytes) / REAL.measured;
  }

  /** Whether the index of texts is not whole yet, after as much work on it as one call takes. */
  hasTextsLeft(): Promise<boolean> {
    // The object ends with the last.
    return this.call<boolean>("indexTexts").catch(() => false);
  }

  /** Real jobs of every kind, which `fill` copies. */
  async sow(): Promise<void> {
    await this.submit(REAL.others);
    await this.submit(REAL.others, { path: "/fail" });
    await this.call("cancelAll", await this.submit(REAL.others, { seconds: 600 }));
    await this.untilSettled();
    await this.submit(REAL.waiting, { days: 30 });
    await this.submit(REAL.waiting, { seconds: 30 * 86_400 });
    // Handed over and asleep.
    await sleep(5_000);
  }
}

import type { StepError } from "../jobs/job.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { type Json, type JsonObject, jsonBytes } from "../lib/json.ts";
import {
  CROWDED_PAUSE_MS,
  MAX_ACTIONS_IN_FLIGHT,
  MAX_CROWDED_MS,
  MAX_HELD_BYTES,
  MAX_HOLDING_TENANTS,
  MAX_OPEN_ROWS,
  MAX_SPAWNS_IN_FLIGHT,
  MAX_TENANT_HELD_BYTES,
  MAX_UNSHARED_BYTES,
} from "../limits.ts";

/** Of a list or object, and of a place in one, beside its JSON text. An empty object in a list was measured at 49. */
const CONTAINER_BYTES = 32;
const PLACE_BYTES = 4;
/** Of a name, where an object has so many that it shares them with no other. Measured at 50 with its place. */
const NAME_BYTES = 44;
const MANY_NAMES = 100;

/** About what a list or object takes in memory beside its JSON text, without what is in it: of `{}`, most. */
function containerBytes(container: Json[] | JsonObject, places: number): number {
  const ofNames = !Array.isArray(container) && places > MANY_NAMES ? NAME_BYTES : 0;
  return CONTAINER_BYTES + (PLACE_BYTES + ofNames) * places;
}

/** About what the value takes in memory: its JSON text, and its lists and objects. */
export const heldBytes = (value: Json): number => jsonBytes(value, containerBytes);

const exceeded = (message: string): StepError => ({ code: "limit_exceeded", message });

/** Attempts of one tenant in this process, children among them. One that the engine has dropped goes with its memory. */
export class Siblings {
  #all: WeakRef<Holdings>[] = [];

  join(holdings: Holdings): void {
    this.#all = this.#all.filter((other) => other.deref() !== undefined);
    this.#all.push(new WeakRef(holdings));
  }

  /** The first large one: it waits for no other, so that one always goes on. */
  get eldest(): Holdings | undefined {
    return this.#all.map((each) => each.deref()).find((each) => each?.isLarge);
  }

  /** What all of them hold. */
  get bytes(): number {
    return this.#all.reduce((sum, each) => sum + (each.deref()?.bytes ?? 0), 0);
  }
}

const byTenant = new BoundedMap<string, Siblings>(MAX_HOLDING_TENANTS);

/** What an attempt of the tenant that begins in this process holds. */
export function holdingsOf(tenant: string): Holdings {
  const siblings = byTenant.get(tenant) ?? new Siblings();
  byTenant.set(tenant, siblings);
  return new Holdings(siblings);
}

/** So much work at once; what comes when all places are taken waits for one, in the order it came. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((call) => this.#waiting.push(call));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** What one attempt of a job holds in memory at once, over all its rows: bounded, for others run in the same process. */
export class Holdings {
  #rows = 0;
  #bytes = 0;
  /** Of outputs that wait for room: when each has waited. */
  readonly #stalls = new Set<Promise<void>>();
  readonly #actions = new Places(MAX_ACTIONS_IN_FLIGHT);
  readonly #spawns = new Places(MAX_SPAWNS_IN_FLIGHT);
  readonly #siblings: Siblings;

  constructor(siblings = new Siblings()) {
    this.#siblings = siblings;
    siblings.join(this);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A map opens its rows, or a repeat its round. @returns why it must not; then it holds nothing */
  openRows(count: number): StepError | undefined {
    const rows = this.#rows + count;
    if (rows > MAX_OPEN_ROWS) {
      return exceeded(
        `The maps and repeats that are open at once would have ${rows} rows, the most is ${MAX_OPEN_ROWS}. Lower the outer map's concurrency, or map over fewer items.`,
      );
    }
    this.#rows = rows;
    return undefined;
  }

  closeRows(count: number): void {
    this.#rows -= count;
  }

  /** An output must be kept. @param bytes of memory @returns why it cannot be; then it is not held */
  keep(bytes: number): StepError | undefined {
    const all = this.#bytes + bytes;
    if (all > MAX_HELD_BYTES) {
      return exceeded(
        `The outputs of all steps together would take ${all} bytes of memory, the most at once is ${MAX_HELD_BYTES}. End each row with a transform that keeps the gist, or lower max_bytes.`,
      );
    }
    this.#bytes = all;
    return undefined;
  }

  get isLarge(): boolean {
    return this.#bytes > MAX_UNSHARED_BYTES;
  }

  /** Whether the jobs of the tenant hold so much together that this one has to wait before it makes more. */
  get isCrowded(): boolean {
    const { eldest } = this.#siblings;
    if (!this.isLarge || eldest === undefined || eldest === this) return false;
    return this.#siblings.bytes > MAX_TENANT_HELD_BYTES;
  }

  /**
   * Waits with an output that is there already, so that it counts. Meanwhile the attempt makes no other: each of its rows
   * would have one.
   * @param pause one look later @returns false when there was no room for too long
   */
  async untilRoom(pause: () => Promise<void>): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stalls.add(promise);
    try {
      for (let waited = 0; this.isCrowded; waited += CROWDED_PAUSE_MS) {
        if (waited >= MAX_CROWDED_MS) return false;
        await pause();
      }
      return true;
    } finally {
      this.#stalls.delete(promise);
      resolve();
    }
  }

  /** Until no output of the attempt waits for room. */
  async unstalled(): Promise<void> {
    while (this.#stalls.size > 0) await Promise.all(this.#stalls);
  }

  drop(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Runs the action when one may, in the order they came. */
  inTurn<T>(action: () => Promise<T>): Promise<T> {
    return this.#actions.whenFree(async () => {
      await this.unstalled();
      return action();
    });
  }

  /** The same of the start of a child. */
  spawnInTurn<T>(spawn: () => Promise<T>): Promise<T> {
    return this.#spawns.whenFree(spawn);
  }
}

/** Of an attempt that waited in vain for others of its tenant to hold less. */
export const CROWDED: StepError = exceeded(
  `The jobs of this tenant that run now would hold more than ${MAX_TENANT_HELD_BYTES} bytes of outputs together. Run fewer large ones at a time, or jobs_retry when some have ended.`,
);

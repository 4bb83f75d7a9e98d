/** Who waits in a line. */
export interface Waiting {
  /** Ids are in the order of acceptance. */
  job_id: string;
  /** The higher goes first. */
  priority: number;
  /** Those of one group are served one after the other, groups in turn. */
  group: string;
}

/** Those of one group, in the order of their acceptance. */
class Group<Entry extends Waiting> {
  readonly #entries: Entry[] = [];
  #first = 0;

  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** The place of the id, or where it would be. */
  place(id: string): number {
    let [low, high] = [this.#first, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.job_id ?? "") < id) low = middle + 1;
      else high = middle;
    }
    return low - this.#first;
  }

  add(entry: Entry): void {
    this.#entries.splice(this.#first + this.place(entry.job_id), 0, entry);
  }

  take(): Entry | undefined {
    const entry = this.#entries[this.#first];
    this.#first += 1;
    // Not each time: all that is behind it would move.
    if (this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }

  drop(id: string): void {
    const at = this.#first + this.place(id);
    if (this.#entries[at]?.job_id === id) this.#entries.splice(at, 1);
  }
}

/** Groups of one priority, in the order in which they are served next. */
class Ring<Entry extends Waiting> {
  readonly #groups = new Map<string, Group<Entry>>();

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  add(entry: Entry): void {
    const group = this.#groups.get(entry.group) ?? new Group();
    group.add(entry);
    this.#groups.set(entry.group, group);
  }

  take(): Entry | undefined {
    for (const [name, group] of this.#groups) {
      this.#groups.delete(name);
      const entry = group.take();
      if (group.size > 0) this.#groups.set(name, group);
      return entry;
    }
    return undefined;
  }

  drop({ group, job_id }: Entry): void {
    const own = this.#groups.get(group);
    own?.drop(job_id);
    if (own?.size === 0) this.#groups.delete(group);
  }

  get size(): number {
    return [...this.#groups.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** How many are served before the entry. */
  ahead({ group, job_id }: Entry): number {
    const own = this.#groups.get(group)?.place(job_id) ?? 0;
    let isBefore = true;
    let ahead = own;
    for (const [name, { size }] of this.#groups) {
      if (name === group) isBefore = false;
      else ahead += Math.min(size, isBefore ? own + 1 : own);
    }
    return ahead;
  }
}

/**
 * Jobs that wait for a place: those of the highest priority first, and among equals one of each group in turn, so that none
 * starves behind another that has many. A higher priority may starve a lower one. In memory alone.
 */
export class WaitingLine<Entry extends Waiting> {
  /** By priority. */
  readonly #rings = new Map<number, Ring<Entry>>();
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  add(entry: Entry): void {
    if (this.#entries.has(entry.job_id)) return;
    this.#entries.set(entry.job_id, entry);
    const ring = this.#rings.get(entry.priority) ?? new Ring();
    ring.add(entry);
    this.#rings.set(entry.priority, ring);
  }

  take(): Entry | undefined {
    const [first] = this.#priorities();
    const ring = first === undefined ? undefined : this.#rings.get(first);
    const entry = ring?.take();
    if (first !== undefined && ring?.isEmpty) this.#rings.delete(first);
    if (entry !== undefined) this.#entries.delete(entry.job_id);
    return entry;
  }

  /** The job waits no more. */
  drop(jobId: string): void {
    const entry = this.#entries.get(jobId);
    const ring = entry && this.#rings.get(entry.priority);
    if (entry === undefined || ring === undefined) return;
    ring.drop(entry);
    if (ring.isEmpty) this.#rings.delete(entry.priority);
    this.#entries.delete(jobId);
  }

  /** How many are served before the job, from 0; undefined: it does not wait here. */
  ahead(jobId: string): number | undefined {
    const entry = this.#entries.get(jobId);
    if (entry === undefined) return undefined;
    const higher = this.#priorities().filter((priority) => priority > entry.priority);
    const before = higher.reduce((sum, priority) => sum + (this.#rings.get(priority)?.size ?? 0), 0);
    return before + (this.#rings.get(entry.priority)?.ahead(entry) ?? 0);
  }

  #priorities(): number[] {
    return [...this.#rings.keys()].sort((a, b) => b - a);
  }
}

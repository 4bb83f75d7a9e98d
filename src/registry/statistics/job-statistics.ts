import { readSlotKey } from "../../jobs/flow/concurrency.ts";
import type { Grouping, LimitUse } from "../../jobs/statistics.ts";
import { MAX_QUEUE_SCAN } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { QueueDepth, ShardStatistics, StatisticsApi } from "../api/statistics-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { JobWindows } from "./job-windows.ts";

/** What the jobs of the object have in common. Looks at a bounded number of rows, and writes none. */
export class JobStatistics implements StatisticsApi {
  readonly #context: RegistryContext;
  readonly #windows: JobWindows;

  constructor(context: RegistryContext, windows: JobWindows) {
    this.#context = context;
    this.#windows = windows;
  }

  async statistics({ tenant }: Caller, since: number, grouping: Grouping | null): Promise<ShardStatistics> {
    const found = await this.#windows.look(tenant, { since, now: this.#context.now(), grouping });
    return {
      ...found,
      oldest_queued: this.#context.tables.jobs.oldestQueued(tenant) ?? null,
      queues: this.#queues(tenant),
      limits: this.#limits(tenant),
    };
  }

  /** Of those whose home the object is, and of its places at the engine. */
  #limits(tenant: string): LimitUse[] {
    const { tables, admission, dispatcher } = this.#context;
    const slots = [...tables.slots.counts(tenant, MAX_QUEUE_SCAN)].map(([text, counts]): LimitUse => {
      const { of, key } = readSlotKey(text);
      return { limit: "concurrency", blueprint: of, key, ...counts };
    });
    if (!admission.limitsSlots) return slots;
    const { running } = admission;
    return [{ limit: "running_jobs", blueprint: null, key: null, running, waiting: dispatcher.waiting }, ...slots];
  }

  #queues(tenant: string): QueueDepth[] {
    const queues = new Map<string, QueueDepth>();
    for (const { queue, state, opened_at, worker } of this.#context.tables.offers.unended(tenant, MAX_QUEUE_SCAN)) {
      const depth = queues.get(queue) ?? { queue, open: 0, leased: 0, oldest: null, workers: [] };
      queues.set(queue, depth);
      if (state === "leased") {
        depth.leased += 1;
        // Those that did not say who they are count as one.
        const name = worker ?? "";
        if (!depth.workers.includes(name)) depth.workers.push(name);
      } else {
        depth.open += 1;
        depth.oldest = Math.min(depth.oldest ?? opened_at, opened_at);
      }
    }
    return [...queues.values()];
  }
}

import type { ChangePlace } from "../../jobs/changes.ts";
import { isSettled } from "../../jobs/status.ts";
import { ok, type Result } from "../../lib/result.ts";
import { MAX_LISTEN_LOSSES } from "../../limits.ts";
import type { Following, JobChange, TooManyListeners } from "../../registry/api/followed-changes.ts";
import { KeyRevoked } from "../../registry/api/keys.ts";
import type { ServiceContext } from "../context.ts";
import { jsonLines } from "./json-lines.ts";

const FIRST_PAUSE_MS = 50;

/** Resolves after the time, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  return promise;
}

/** A change, and whether it only says how the job stood when the listening began. */
export interface Heard {
  change: JobChange;
  isFirst: boolean;
}

/** The changes of jobs in one shard, over as many connections as it takes: each goes on where the last one broke. */
export class ShardFeed {
  readonly #context: Pick<ServiceContext, "ask">;
  readonly #shard: number;
  /** Of jobs that can still change; null: nothing was heard of it yet. */
  readonly #places: Map<string, ChangePlace | null>;
  /** That nobody reads yet. */
  #connection: Following | undefined;

  /** @param after where the reader was; null: the first thing told is how each job stands */
  constructor(
    context: Pick<ServiceContext, "ask">,
    shard: number,
    jobIds: readonly string[],
    after: ChangePlace | null = null,
  ) {
    this.#context = context;
    this.#shard = shard;
    this.#places = new Map(jobIds.map((id) => [id, after]));
  }

  /** From here on nothing is missed. @returns the jobs that there are */
  async open(): Promise<Result<string[], TooManyListeners>> {
    const reply = await this.#connect();
    if (!reply.ok) return reply;
    this.#connection = reply.value;
    return ok(reply.value.job_ids);
  }

  /** Gives up what was opened, if nobody has read it. */
  drop(): void {
    this.#connection?.lease[Symbol.dispose]();
  }

  /**
   * Every change, until none can follow or the signal aborts.
   * @throws when connections keep breaking, or the key was revoked
   */
  async *changes(signal: AbortSignal): AsyncGenerator<Heard> {
    let losses = 0;
    while (this.#places.size > 0 && !signal.aborted) {
      let cause: unknown;
      try {
        for await (const heard of this.#read(signal)) {
          losses = 0;
          yield heard;
        }
      } catch (error) {
        if (error instanceof KeyRevoked) throw error;
        cause = error;
      }
      if (losses >= MAX_LISTEN_LOSSES) throw new Error(`shard ${this.#shard} keeps ending its changes`, { cause });
      // The first loss may be an object that moved. Another one without a change between them may come again at once.
      if (losses > 0) await pause(FIRST_PAUSE_MS * 2 ** losses, signal);
      losses += 1;
    }
  }

  async #connect(): Promise<Result<Following, TooManyListeners>> {
    const jobs = [...this.#places].map(([job_id, after]) => ({ job_id, after }));
    const reply = await this.#context.ask(this.#shard, (registry, caller) => registry.follow(caller, jobs));
    const known = new Set(reply.ok ? reply.value.job_ids : this.#places.keys());
    for (const { job_id } of jobs) if (!known.has(job_id)) this.#places.delete(job_id);
    return reply;
  }

  async #reconnect(): Promise<Following> {
    const reply = await this.#connect();
    if (!reply.ok) throw new Error(reply.error.code);
    return reply.value;
  }

  async *#read(signal: AbortSignal): AsyncGenerator<Heard> {
    const { changes, lease } = this.#connection ?? (await this.#reconnect());
    this.#connection = undefined;
    try {
      for await (const change of jsonLines<JobChange>(changes, signal)) {
        const { job_id, seq, status } = change;
        const isFirst = this.#places.get(job_id) === null;
        if (isSettled(status)) this.#places.delete(job_id);
        else this.#places.set(job_id, { seq, status });
        yield { change, isFirst };
        if (this.#places.size === 0) return;
      }
    } finally {
      lease[Symbol.dispose]();
    }
  }
}

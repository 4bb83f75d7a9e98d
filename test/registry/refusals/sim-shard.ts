import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { openRegistry } from "../../../src/registry/open-registry.ts";
import { apisOf } from "../apis.ts";
import { aRequest, callerOf, NO_LIMITS, RETENTION_MS, TENANT } from "../bench.ts";
import type { RatedEngine } from "./rated-engine.ts";

interface Ports {
  clock: { now: number };
  engine: RatedEngine;
  /** From 0 to below 1. */
  random: () => number;
  /** 0: no limit. */
  runningJobs: number;
}

/** One object of several that share an engine and a clock. Whatever it does, it does inside of its own context. */
export class SimShard {
  readonly #shard: number;
  readonly #ports: Ports;
  readonly #stub = env.JOB_REGISTRY.getByName(`${crypto.randomUUID()}/0`);
  readonly #background: Promise<void>[] = [];
  #apis: ReturnType<typeof apisOf> | undefined;

  constructor(shard: number, ports: Ports) {
    this.#shard = shard;
    this.#ports = ports;
  }

  /** @returns the ids, in the order of their submission, a millisecond apart */
  submit(count: number): Promise<string[]> {
    return this.#inside(async ({ caller }) => {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        this.#ports.clock.now += 1;
        const reply = await caller.submit(callerOf(TENANT, { shard: this.#shard }), aRequest());
        if (reply.ok) ids.push(reply.value.id);
      }
      return ids;
    });
  }

  end(ids: readonly string[]): Promise<void> {
    return this.#inside(async ({ runner }) => {
      for (const job_id of ids) {
        const ref = { tenant: TENANT, job_id, attempt: 1 };
        await runner.start(ref);
        await runner.settle(ref, { name: "succeeded", output: {} }, []);
      }
    });
  }

  ring(): Promise<void> {
    return this.#inside(({ reconciler }) => reconciler.onAlarm());
  }

  alarmAt(): Promise<number> {
    return runInDurableObject(this.#stub, async (_object, { storage }) => {
      return (await storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  #inside<T>(work: (apis: ReturnType<typeof apisOf>) => Promise<T>): Promise<T> {
    return runInDurableObject(this.#stub, async (_object, { storage }) => {
      this.#apis ??= await this.#open(storage);
      const done = await work(this.#apis);
      while (this.#background.length > 0) await Promise.all(this.#background.splice(0));
      return done;
    });
  }

  async #open(storage: DurableObjectStorage) {
    const { clock, engine, random, runningJobs } = this.#ports;
    return apisOf(
      await openRegistry({
        storage,
        engine,
        now: () => clock.now,
        entropy: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
        background: (work) => this.#background.push(work),
        log: () => undefined,
        findNewest: async () => undefined,
        retentionMs: RETENTION_MS,
        quotas: { ...NO_LIMITS, runningJobs },
      }),
    );
  }
}

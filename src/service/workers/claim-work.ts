import * as z from "zod";
import { queueName } from "../../blueprint/kinds/worker.ts";
import { encodeClaim } from "../../jobs/claim.ts";
import { type Json, jsonBytes } from "../../lib/json.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import { MAX_CLAIM_QUEUES, MAX_CLAIMS, MAX_WAIT_MS, MAX_WORKER_NAME_CHARS } from "../../limits.ts";
import type { Claimed, ClaimRequest } from "../../registry/api/worker-api.ts";
import type { ServiceContext } from "../context.ts";
import { untilGone } from "../until-gone.ts";

/** Workers claim what `worker` steps offer. */

export const ClaimInput = z.strictObject({
  queues: z.array(queueName).min(1).max(MAX_CLAIM_QUEUES).describe("Names of queues."),
  max: z.int().min(1).max(MAX_CLAIMS).default(1).describe("Claims to take at most."),
  wait_seconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_MS / 1_000)
    .default(0)
    .describe("How long to wait for the first."),
  worker: z.string().max(MAX_WORKER_NAME_CHARS).optional().describe("Your name."),
});
export type ClaimArgs = z.output<typeof ClaimInput>;

export interface Claim {
  /** Opaque: the report takes it. */
  claim: string;
  job_id: string;
  step: string;
  queue: string;
  input: Json;
  try: number;
  lease_expires_at: string;
  deadline: string;
}

const claimOf = ({ job_id, path, token, lease_expires_at, deadline, ...rest }: Claimed): Claim => ({
  claim: encodeClaim({ job_id, path, token }),
  job_id,
  step: path,
  ...rest,
  lease_expires_at: iso(lease_expires_at),
  deadline: iso(deadline),
});

/** From several shards: first it is asked what each has, so that nobody holds a lease that was not asked for. */
class Shards {
  readonly #context: ServiceContext;
  readonly #wanted: ClaimRequest;
  readonly #all: number[];

  constructor(context: ServiceContext, wanted: ClaimRequest) {
    this.#context = context;
    this.#wanted = wanted;
    this.#all = Array.from({ length: context.shards }, (_, shard) => shard);
  }

  /** Until one of them has something. @returns false when the time is over, or others wait in its place */
  async wait(waitMs: number, signal: AbortSignal): Promise<boolean> {
    const { queues } = this.#wanted;
    const found = await untilGone(signal, (released) => {
      const waits = this.#all.map((shard) =>
        this.#context.ask(shard, (registry, caller) => registry.waitingWork(caller, queues, 1, waitMs, released)),
      );
      // The other waits end, and nobody needs their failures.
      for (const wait of waits) wait.catch(() => {});
      return Promise.race(waits);
    });
    return found.length > 0;
  }

  /** Higher priorities first, then the oldest, of all shards. */
  async take(): Promise<Claimed[]> {
    const { queues, max } = this.#wanted;
    const waiting = await Promise.all(
      this.#all.map((shard) =>
        this.#context.ask(shard, (registry, caller) => registry.waitingWork(caller, queues, max, 0)),
      ),
    );
    const heads = waiting.flatMap((found, shard) => found.map((each) => ({ ...each, shard })));
    const first = heads.sort((a, b) => b.priority - a.priority || a.opened_at - b.opened_at).slice(0, max);
    let { room_bytes } = this.#wanted;
    const claims: Claimed[] = [];
    for (const [shard, wanted] of Map.groupBy(first, (head) => head.shard)) {
      if (room_bytes <= 0) break;
      const request = { ...this.#wanted, max: wanted.length, room_bytes };
      const taken = await this.#context.ask(shard, (registry, caller) => registry.claimWork(caller, request, 0));
      claims.push(...taken);
      room_bytes -= taken.reduce((sum, { input }) => sum + jsonBytes(input), 0);
    }
    return claims;
  }
}

async function claimFromAll(context: ServiceContext, wanted: ClaimRequest, waitMs: number, signal: AbortSignal) {
  const shards = new Shards(context, wanted);
  const end = context.now() + waitMs;
  for (let goesOn = true; ; ) {
    const claims = await shards.take();
    const left = end - context.now();
    if (claims.length > 0 || left <= 0 || !goesOn || signal.aborted) return claims;
    goesOn = await shards.wait(left, signal);
  }
}

/**
 * @param signal aborts when the caller has gone
 * @param room_bytes that all inputs may have together; the first may have more
 */
export async function claimWork(
  context: ServiceContext,
  { queues, max, wait_seconds, worker }: ClaimArgs,
  signal: AbortSignal,
  room_bytes: number,
): Promise<Claim[]> {
  const wanted = {
    room_bytes,
    queues: [...new Set(queues)],
    max,
    worker: oneLine(worker ?? "", MAX_WORKER_NAME_CHARS) || null,
  };
  const waitMs = wait_seconds * 1_000;
  if (context.shards > 1) return (await claimFromAll(context, wanted, waitMs, signal)).map(claimOf);
  const claims = await untilGone(signal, (released) =>
    context.ask(0, (registry, caller) =>
      waitMs === 0 ? registry.claimWork(caller, wanted, 0) : registry.claimWork(caller, wanted, waitMs, released),
    ),
  );
  return claims.map(claimOf);
}

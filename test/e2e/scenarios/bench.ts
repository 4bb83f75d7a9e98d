import { afterAll, beforeAll } from "vitest";
import { z } from "zod";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { type SampleService, startSampleService } from "../../../tooling/sample-service.ts";
import { readStatus } from "../../../tooling/status-reply.ts";
import { type AnyClient, callTool, connectAuto, type ToolReply, untilSettled } from "../../support/clients.ts";
import { ownTenant, type Place } from "../../support/server.ts";

/** What wrangler's local explorer says about an instance of the engine. */
const Instance = z.object({
  result: z.object({
    status: z.string(),
    /** Each step that the engine meters, in order. Local names end in `-<how often this name was used>`. */
    steps: z.array(z.object({ name: z.string(), type: z.string() })),
  }),
});
export type Instance = z.infer<typeof Instance>["result"];

/** For tests of what must not happen: it would have happened within this time. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function within20Seconds<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${isSo}\n${JSON.stringify(seen)}`);
    await pause(50);
  }
}

/** A tenant of the shared server, a service that misbehaves on purpose, and an official client of that tenant. */
export class Bench {
  readonly service: SampleService;
  readonly place: Place;
  readonly client: AnyClient;

  constructor(service: SampleService, place: Place, client: AnyClient) {
    this.service = service;
    this.place = place;
    this.client = client;
  }

  call(tool: string, args: Record<string, unknown>): Promise<ToolReply> {
    return callTool(this.client, tool, args);
  }

  /** The status that a tool answers with; throws when it answers with an error. */
  async job(tool: string, args: Record<string, unknown>): Promise<JobStatus> {
    const reply = await this.call(tool, args);
    if (reply.isError) throw new Error(`${tool}: ${reply.text}`);
    const { changed, deduplicated } = reply.structured;
    const told = { ...(changed !== undefined && { changed }), ...(deduplicated !== undefined && { deduplicated }) };
    return { ...readStatus(reply.structured), ...told };
  }

  async submit(steps: readonly object[], more: Record<string, unknown> = {}): Promise<string> {
    const { output, ...args } = more;
    const blueprint = { name: "scenario", steps, ...(output !== undefined && { output }) };
    return (await this.job("jobs_submit_blueprint", { blueprint, ...args })).id;
  }

  status(id: string): Promise<JobStatus> {
    return this.job("jobs_get_status", { job_id: id, include: ["steps", "events"] });
  }

  async settled(id: string): Promise<JobStatus> {
    return readStatus(await untilSettled(this.client, id));
  }

  async run(steps: readonly object[], more: Record<string, unknown> = {}): Promise<JobStatus> {
    return this.settled(await this.submit(steps, more));
  }

  /** Asks until the job is as it should be. */
  until(id: string, isSo: (job: JobStatus) => boolean): Promise<JobStatus> {
    return within20Seconds(() => this.status(id), isSo);
  }

  /** Asks until the engine has ended the attempt by force, or never had it. */
  untilGone(id: string): Promise<Instance | undefined> {
    return within20Seconds(
      () => this.instance(id),
      (instance) => instance === undefined || instance.status === "terminated",
    );
  }

  /** How often each step of the job sent a request, by step path; a redirect's hop and each round of a poll count too. */
  requests(id: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { idempotencyKey } of this.service.requests) {
      if (!idempotencyKey?.startsWith(`${id}.`)) continue;
      const path = idempotencyKey.slice(id.length + 1).replace(/#\d+$/, "");
      counts[path] = (counts[path] ?? 0) + 1;
    }
    return counts;
  }

  /**
   * The requests since then of a chain of retries, by step path. All carry the key of its first job; one that ran again
   * after a definite answer has `~<number of the retry>` behind it.
   * @param before what {@link requests} of the first job said then
   */
  requestsSince(first: string, before: Record<string, number>): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [key, count] of Object.entries(this.requests(first))) {
      const path = key.replace(/~\d+$/, "");
      const more = count - (before[key] ?? 0);
      if (more > 0) counts[path] = (counts[path] ?? 0) + more;
    }
    return counts;
  }

  /** Milliseconds between the requests of one step. */
  gaps(id: string, path: string): number[] {
    const seen = this.service.requests.filter(({ idempotencyKey }) => idempotencyKey === `${id}.${path}`);
    return seen.slice(1).map(({ at }, i) => at - (seen[i]?.at ?? 0));
  }

  /** The engine's own view of an attempt; undefined when it has none. */
  async instance(id: string, attempt = 1): Promise<Instance | undefined> {
    const path = `/cdn-cgi/local/explorer/api/workflows/job-workflow/instances/${id}-${attempt}`;
    const response = await fetch(this.place.url + path);
    if (response.status === 404) return undefined;
    return Instance.parse(await response.json()).result;
  }
}

/** The steps' ids with their status. */
export const stepStatuses = (job: JobStatus): Record<string, string> =>
  Object.fromEntries((job.steps ?? []).map(({ id, status }) => [id, status]));

/** A bench for the tests of a file. */
export function useBench(open: () => Promise<Place> = ownTenant): () => Bench {
  let bench: Bench | undefined;
  const there = (): Bench => {
    if (!bench) throw new Error("the bench is there only inside tests and hooks");
    return bench;
  };
  beforeAll(async () => {
    const service = await startSampleService();
    const place = await open();
    bench = new Bench(service, place, await connectAuto(place.endpoint, place.key));
  });
  afterAll(async () => {
    await bench?.client.close();
    await bench?.place.close();
    await bench?.service.close();
  });
  return there;
}

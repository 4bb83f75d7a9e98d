import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AnyClient, callTool } from "../../support/clients.ts";

/** So many requests in the time. */
export interface Rate {
  limit: number;
  seconds: number;
}

/** A service that refuses what is more than its rate, whenever the time of that is taken to begin. */
export class StrictService {
  readonly taken: number[] = [];
  refused = 0;
  readonly #rate: Rate;
  readonly #server = createServer((_request, response) => {
    const now = performance.now();
    const { limit, seconds } = this.#rate;
    const isOver = this.taken.filter((at) => now - at < seconds * 1_000).length >= limit;
    if (isOver) this.refused += 1;
    else this.taken.push(now);
    response.writeHead(isOver ? 429 : 200, { "Content-Type": "application/json" }).end("{}");
  });

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From the first request to the last, in ms. */
  get span(): number {
    return (this.taken.at(-1) ?? 0) - (this.taken[0] ?? 0);
  }

  /** One job in each of two shards, of 30 and 10 requests. They begin when it is known which: those too many take no turn. */
  async submitBoth(client: AnyClient): Promise<string[]> {
    const { limit, seconds } = this.#rate;
    const rate = { limit, per: `${seconds} seconds`, key: this.host };
    // Whoever was amid a request when the server died is looked after once that would have ended.
    const ends = { retry: { limit: 0 }, timeout: "8 seconds" };
    const request = { id: "ask", type: "http", url: `http://${this.host}/`, rate, ...ends };
    const run_at = new Date(Date.now() + 3_000).toISOString();
    const ids = new Map<string, string>();
    while (ids.size < 2) {
      const over = Array.from({ length: ids.size === 0 ? 30 : 10 }, (_, i) => i);
      const steps = [{ id: "rows", type: "map", over, concurrency: 10, steps: [request] }];
      const { structured } = await callTool(client, "jobs_submit_blueprint", {
        blueprint: { name: "rated", steps },
        run_at,
      });
      const id = String(structured.id);
      const shard = id.slice(-2);
      if (ids.has(shard)) await callTool(client, "jobs_cancel", { job_id: id });
      else ids.set(shard, id);
    }
    return [...ids.values()];
  }

  close(): void {
    this.#server.close();
  }
}

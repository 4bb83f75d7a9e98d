import { Client } from "undici";
import { walk } from "../../tooling/workerd/scale/walk.ts";
import { bodyOf, headersOf, type Message, toolCall } from "../mcp.ts";

/** What a caller waits for: whole calls by MCP, with auth, one after the other on one connection. */

/** What a call asks about. */
export interface Subject {
  id: string;
}

export interface CallCase {
  name: string;
  message: (subject: Subject) => Message;
}

export const CALL_CASES: readonly CallCase[] = [
  { name: "jobs_get_status", message: ({ id }) => toolCall("jobs_get_status", { job_id: id }) },
  {
    name: "jobs_get_status with steps and events",
    message: ({ id }) => toolCall("jobs_get_status", { job_id: id, include: ["steps", "events"] }),
  },
  { name: "jobs_list", message: () => toolCall("jobs_list", { limit: 50 }) },
  { name: "jobs_list by text", message: () => toolCall("jobs_list", { limit: 50, text: "nowhere" }) },
  // Of a day, as without arguments: 1,000 jobs of a small shard are of four weeks, a large one has 36,000 of that day.
  { name: "jobs_stats", message: () => toolCall("jobs_stats", {}) },
];

const byText = (name: string, text: string): CallCase => ({
  name: `jobs_list by text ${name}`,
  message: () => toolCall("jobs_list", { limit: 50, text }),
});

/** With TEXT_SEARCH on. */
export const TEXT_CASES: readonly CallCase[] = [
  byText("that none has", "nowhere to be found"),
  byText("that one has, made of what all have", '"n":471}'),
  byText("that one in 20 has", "team-7"),
  byText("of two characters", "-7"),
];

const CALLS = 100;

/** The caller of one tenant. */
export class Caller {
  readonly #client: Client;
  readonly #key: string;
  readonly #ids: readonly string[];
  #turns = 0;

  /** @param ids of the tenant's jobs: each is asked for in its turn */
  constructor(origin: string, key: string, ids: readonly string[]) {
    this.#client = new Client(origin);
    this.#key = key;
    this.#ids = ids;
  }

  /** The time in which half of the calls were answered, in ms. */
  async p50Ms({ message }: CallCase): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < CALLS; i++) {
      const id = walk(this.#ids, this.#turns++);
      times.push(await this.#time(message({ id })));
    }
    return times.sort((a, b) => a - b)[CALLS / 2] ?? Number.NaN;
  }

  async #time(message: Message): Promise<number> {
    const headers = headersOf("2026", message, this.#key);
    const body = bodyOf("2026", message).join("1");
    const start = performance.now();
    const response = await this.#client.request({ method: "POST", path: "/mcp", headers, body });
    const text = await response.body.text();
    const ms = performance.now() - start;
    if (JSON.parse(text).result?.structuredContent === undefined) throw new Error(text);
    return ms;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

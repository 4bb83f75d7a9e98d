import { env } from "cloudflare:workers";
import type { Json } from "../../../src/lib/json.ts";

/** One call as a release made it, with what it was answered. What differs from run to run stands in braces. */
export interface RecordedCall {
  call: string;
  args: Json[];
  reply: Json;
}

const HOUR_MS = 3_600_000;
const JOB_ID = /^job_[0-9a-z]{28}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Epoch ms of this century; no duration and no size is as large. */
const EPOCH = 1_500_000_000_000;

const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mapped(value: Json, leaf: (leaf: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapped(item, leaf));
  if (!isObject(value)) return leaf(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, leaf)]));
}

/** Plays recorded calls against an object of its own, over RPC, as the Worker and the runner make them. */
export class Replay {
  readonly #tenant = crypto.randomUUID();
  readonly #ids = new Map<string, string>();

  get stub() {
    return env.JOB_REGISTRY.getByName(`${this.#tenant}/0`);
  }

  /** @returns the answer, with what differs from run to run in braces */
  async play({ call, args }: Pick<RecordedCall, "call" | "args">): Promise<Json> {
    const methods = this.stub as unknown as Record<string, (...args: Json[]) => Promise<Json | undefined>>;
    const reply = await methods[call]?.(...args.map((arg) => mapped(arg, (leaf) => this.#fill(leaf))));
    return mapped(reply ?? null, (leaf) => this.#mask(leaf));
  }

  #fill(leaf: Json): Json {
    if (leaf === "{tenant}") return this.#tenant;
    if (leaf === "{in an hour}") return Date.now() + HOUR_MS;
    return [...this.#ids].find(([, name]) => name === leaf)?.[0] ?? leaf;
  }

  #mask(leaf: Json): Json {
    if (leaf === this.#tenant) return "{tenant}";
    if (typeof leaf === "number") return leaf > EPOCH ? "{epoch}" : leaf;
    if (typeof leaf !== "string") return leaf;
    if (TIME.test(leaf)) return "{time}";
    if (!JOB_ID.test(leaf)) return leaf;
    const name = this.#ids.get(leaf) ?? `{job ${this.#ids.size + 1}}`;
    this.#ids.set(leaf, name);
    return name;
  }
}
